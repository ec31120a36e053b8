// SPDX-License-Identifier: LGPL-2.1-or-later
// The one file in C++: toml++ is one. No exception leaves it.
#include <cmath>
#include <string>
#include <string_view>

#include <gio/gio.h>
#include <toml++/toml.h>

#include "toml.h"

namespace
{

class Reader
{
public:
  explicit Reader (GHashTable *lines) : lines_ (lines) {}

  JsonObject *
  read_table (const toml::table &table, const std::string &path)
  {
    JsonObject *object = json_object_new ();

    for (const auto &[key, value] : table) {
      const std::string name{ key.str () };

      json_object_set_member (
          object, name.c_str (), read (value, path.empty () ? name : path + "." + name, key.source ()));
    }
    return object;
  }

  // What JSON has no word for, and the line it stands in; empty: all was well.
  std::string problem;
  unsigned line = 0;

private:
  JsonNode *
  read (const toml::node &node, const std::string &path, const toml::source_region &source)
  {
    JsonNode *made = json_node_alloc ();

    g_hash_table_insert (
        lines_, g_strdup (path.c_str ()), GUINT_TO_POINTER (source.begin.line));
    if (const auto *table = node.as_table ()) {
      json_node_init_object (made, nullptr);
      json_node_take_object (made, read_table (*table, path));
    } else if (const auto *array = node.as_array ()) {
      json_node_init_array (made, nullptr);
      json_node_take_array (made, read_array (*array, path));
    } else if (const auto *text = node.as_string ()) {
      json_node_init_string (made, text->get ().c_str ());
      if (text->get ().find ('\0') != std::string::npos)
        fail (path, source, "a text has no character of number 0");
    } else if (const auto *whole = node.as_integer ()) {
      json_node_init_int (made, whole->get ());
    } else if (const auto *number = node.as_floating_point ()) {
      json_node_init_double (made, number->get ());
      if (!std::isfinite (number->get ()))
        fail (path, source, "a finite number is wanted");
    } else if (const auto *flag = node.as_boolean ()) {
      json_node_init_boolean (made, flag->get ());
    } else {
      json_node_init_null (made);
      fail (path, source, "no key takes a date or a time");
    }
    return made;
  }

  JsonArray *
  read_array (const toml::array &array, const std::string &path)
  {
    JsonArray *made = json_array_new ();

    for (const auto &value : array)
      json_array_add_element (
          made, read (value, path + "[" + std::to_string (json_array_get_length (made)) + "]",
                    value.source ()));
    return made;
  }

  void
  fail (const std::string &path, const toml::source_region &source, const char *text)
  {
    if (!problem.empty ())
      return;
    problem = path + ": " + text;
    line = source.begin.line;
  }

  GHashTable *lines_;
};

JsonObject *
parse (std::string_view text, const char *name, GHashTable *lines, GError **error)
{
  const toml::table table = toml::parse (text, std::string_view{ name });
  Reader reader{ lines };
  JsonObject *object = reader.read_table (table, "");

  if (reader.problem.empty ())
    return object;
  json_object_unref (object);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: %s", name, reader.line,
      reader.problem.c_str ());
  return nullptr;
}

} // namespace

JsonObject *
serve_toml_parse (const char *text, gsize size, const char *name, GHashTable **lines, GError **error)
{
  g_autoptr (GHashTable) table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, nullptr);
  JsonObject *object = nullptr;

  try {
    object = parse (std::string_view{ text, size }, name, table, error);
  } catch (const toml::parse_error &problem) {
    const std::string description{ problem.description () };

    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s:%u: %s", name,
        static_cast<unsigned> (problem.source ().begin.line), description.c_str ());
  } catch (const std::exception &problem) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s: %s", name, problem.what ());
  }
  if (object != nullptr)
    *lines = g_steal_pointer (&table);
  return object;
}
