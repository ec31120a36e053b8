/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Several files that are one model: which inputs take what which outputs have made. */
#include <string.h>

#include "../base/inside.h"
#include "spectra.h"

/* --- links --- */

GenLink *
gen_link_new (GenModel *model, gboolean first)
{
  GenLink *link = g_new0 (GenLink, 1);
  const guint n = model->graph->inputs->len;

  link->model = model;
  link->inputs = g_new0 (GenSpectralRole, n + 1);
  link->outputs = g_new0 (GenSpectralRole, model->graph->outputs->len + 1);
  link->from = g_malloc0_n (n + 1, sizeof *link->from);
  for (guint i = 0; i < n; i++)
    link->from[i].link = -1;
  if (!first) {
    g_autofree char *name = g_path_get_basename (model->path);
    char *dot = strrchr (name, '.');

    if (dot != NULL)
      *dot = '\0';
    link->prefix = g_strconcat (name, "/", NULL);
  }
  return link;
}

void
gen_link_free (gpointer data)
{
  GenLink *link = data;

  gen_model_unref (link->model);
  g_free (link->prefix);
  g_free (link->inputs);
  g_free (link->outputs);
  g_free (link->from);
  g_free (link);
}

static const GPtrArray *
ports_of (const GenLink *link, gboolean is_output)
{
  return is_output ? link->model->graph->outputs : link->model->graph->inputs;
}

int
gen_link_find (const GenLink *link, gboolean is_output, const char *name)
{
  const GPtrArray *ports = ports_of (link, is_output);

  if (link->prefix != NULL && g_str_has_prefix (name, link->prefix))
    name += strlen (link->prefix);
  for (guint i = 0; i < ports->len; i++)
    if (strcmp (((GenTensor *)g_ptr_array_index (ports, i))->name, name) == 0)
      return (int)i;
  return -1;
}

int
gen_link_first_open (const GenLink *link, gboolean is_output)
{
  const GenPort *ports = is_output ? link->model->outputs : link->model->inputs;
  const GenSpectralRole *roles = is_output ? link->outputs : link->inputs;

  for (guint i = 0; i < ports_of (link, is_output)->len; i++)
    if (ports[i].part == GEN_PART_FLOW && roles[i] == GEN_ROLE_NONE &&
        (is_output || link->from[i].link < 0))
      return (int)i;
  return -1;
}

static void
add_names (GString *text, const GenLink *link, gboolean is_output)
{
  const GPtrArray *ports = ports_of (link, is_output);

  for (guint i = 0; i < ports->len; i++)
    g_string_append_printf (text, "%s%s%s", text->len > 0 ? ", " : "",
        link->prefix != NULL ? link->prefix : "",
        ((GenTensor *)g_ptr_array_index (ports, i))->name);
}

char *
gen_links_port_names (const GPtrArray *links)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < links->len; i++) {
    add_names (text, g_ptr_array_index (links, i), FALSE);
    add_names (text, g_ptr_array_index (links, i), TRUE);
  }
  return g_string_free (text, FALSE);
}

/* --- what goes where --- */

/* Whether one file's output is another one's input by its type and all extents that are known. */
static gboolean
fits (const GenPort *input, const GenPort *output)
{
  if (input->type != output->type || input->shape.rank != output->shape.rank)
    return FALSE;
  for (int d = 0; d < input->shape.rank; d++)
    if (input->shape.dims[d] > 1 && output->shape.dims[d] > 1 &&
        input->shape.dims[d] != output->shape.dims[d])
      return FALSE;
  return TRUE;
}

static gboolean
join (GPtrArray *links, int later, int input, int earlier, int output, GError **error)
{
  GenLink *to = g_ptr_array_index (links, later), *from = g_ptr_array_index (links, earlier);
  const GenPort *taken = &to->model->inputs[input], *made = &from->model->outputs[output];
  g_autofree char *taken_shape = NULL, *made_shape = NULL;

  if (fits (taken, made)) {
    to->from[input].link = earlier;
    to->from[input].output = output;
    to->model->inputs[input].part = GEN_PART_FLOW;
    return TRUE;
  }
  taken_shape = gen_shape_to_string (&taken->shape);
  made_shape = gen_shape_to_string (&made->shape);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "chain: input '%s' of %s is %s %s, and output '%s' of %s, which is to go in, %s %s",
      taken->name, to->model->path, gen_data_type_name (taken->type), taken_shape, made->name,
      from->model->path, gen_data_type_name (made->type), made_shape);
  return FALSE;
}

/* Say that `input` takes `output`, of an earlier file. */
static gboolean
say_join (GPtrArray *links, const char *input, const char *output, GError **error)
{
  g_autofree char *names = NULL;

  for (guint later = 1; later < links->len; later++) {
    const int in = gen_link_find (g_ptr_array_index (links, later), FALSE, input);

    for (guint earlier = later; in >= 0 && earlier-- > 0;) {
      const int out = gen_link_find (g_ptr_array_index (links, earlier), TRUE, output);

      if (out >= 0)
        return join (links, (int)later, in, (int)earlier, out, error);
    }
  }
  names = gen_links_port_names (links);
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "chain says %s=%s, which are no input of a file and an output of one before it; ports are %s",
      input, output, names);
  return FALSE;
}

/* Inputs of link `later` that have the name of what an earlier one makes, the nearest first. */
static gboolean
join_by_name (GPtrArray *links, guint later, GError **error)
{
  GenLink *link = g_ptr_array_index (links, later);

  for (guint i = 0; i < link->model->graph->inputs->len; i++)
    for (guint earlier = later; link->from[i].link < 0 && earlier-- > 0;) {
      const GenLink *from = g_ptr_array_index (links, earlier);
      const int output = gen_link_find (from, TRUE, link->model->inputs[i].name);

      if (output >= 0 && from->model->outputs[output].part == GEN_PART_FLOW &&
          link->model->inputs[i].part != GEN_PART_STATE &&
          !join (links, (int)later, (int)i, (int)earlier, output, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
takes_something (const GenLink *link)
{
  for (guint i = 0; i < link->model->graph->inputs->len; i++)
    if (link->from[i].link >= 0 || link->inputs[i] != GEN_ROLE_NONE)
      return TRUE;
  return FALSE;
}

gboolean
gen_chain_complete (GPtrArray *links, GError **error)
{
  for (guint later = 1; later < links->len; later++) {
    const GenLink *link = g_ptr_array_index (links, later);
    const int input = gen_link_first_open (link, FALSE);
    const int output = gen_link_first_open (g_ptr_array_index (links, later - 1), TRUE);

    if (takes_something (link))
      continue;
    if (input < 0 || output < 0) {
      g_autofree char *names = gen_links_port_names (links);

      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "chain: %s takes nothing of what the files before it make; ports are %s",
          link->model->path, names);
      return FALSE;
    }
    if (!join (links, (int)later, input, (int)later - 1, output, error))
      return FALSE;
  }
  return TRUE;
}

/* --- reading --- */

char *
gen_chain_find (const GenGraph *graph, GKeyFile *sidecar)
{
  const char *metadata = g_hash_table_lookup (graph->metadata, "generative.chain");

  if (metadata != NULL)
    return g_strdup (metadata);
  return sidecar != NULL ? g_key_file_get_value (sidecar, "generative", "chain", NULL) : NULL;
}

/* The words of a chain are files, and of which outputs inputs are made. */
static gboolean
is_file (const char *word)
{
  return *word != '\0' && strchr (word, '=') == NULL;
}

/* Where a file lies that `model` calls `name`. (transfer full) */
static char *
find_path (const GenModel *model, const char *name)
{
  g_autofree char *folder = g_path_get_dirname (model->path != NULL ? model->path : "");
  g_autofree char *absolute = g_canonicalize_filename (folder, NULL);

  return g_canonicalize_filename (name, absolute);
}

/* The number of the link that is the file at `path`; -1 where there is none. */
static int
find_link (const GPtrArray *links, const char *path)
{
  for (guint i = 0; i < links->len; i++) {
    const GenLink *link = g_ptr_array_index (links, i);
    g_autofree char *own =
        link->model->path != NULL ? g_canonicalize_filename (link->model->path, NULL) : NULL;

    if (g_strcmp0 (own, path) == 0)
      return (int)i;
  }
  return -1;
}

/* That the file of link `first` would follow link `last`. Returns FALSE. */
static gboolean
fail_cycle (const GPtrArray *links, guint first, guint last, GError **error)
{
  g_autoptr (GString) cycle = g_string_new (NULL);

  for (guint i = first; i <= last + 1; i++) {
    const GenLink *link = g_ptr_array_index (links, i <= last ? i : first);
    g_autofree char *name = g_path_get_basename (link->model->path);

    g_string_append_printf (cycle, "%s%s", i > first ? ", " : "", name);
  }
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "chain goes round in a circle (%s): each file can be in it once", cycle->str);
  return FALSE;
}

gboolean
gen_chain_check_inside (const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint i = 0; words[i] != NULL; i++) {
    const char *name = g_strstrip (words[i]);

    if (!is_file (name) || gen_path_is_inside (name))
      continue;
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "generative.chain names '%s', which is not in the model's folder: property chain can name "
        "files anywhere",
        name);
    return FALSE;
  }
  return TRUE;
}

/* The same file as its folder calls it, where `name` is absolute and leads there. (transfer full)
 */
static char *
shorten_name (const GenModel *model, const char *name)
{
  g_autofree char *base = g_path_get_basename (name);
  g_autofree char *path = find_path (model, name), *beside = find_path (model, base);

  return g_strdup (g_path_is_absolute (name) && g_str_equal (path, beside) ? base : name);
}

char *
gen_chain_shorten (const GenModel *model, const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint i = 0; words[i] != NULL; i++) {
    char *word = words[i];

    if (is_file (g_strstrip (word))) {
      words[i] = shorten_name (model, word);
      g_free (word);
    }
  }
  return g_strjoinv (",", words);
}

static gboolean
load_file (GPtrArray *links, const char *name, GError **error)
{
  const GenModel *first = ((GenLink *)g_ptr_array_index (links, 0))->model;
  g_autofree char *path = find_path (first, name);
  const int known = find_link (links, path);
  GenModel *model;

  if (known >= 0)
    return fail_cycle (links, (guint)known, links->len - 1, error);
  model = gen_model_load_plain (path, error);
  if (model == NULL) {
    g_prefix_error (error, "chain: ");
    return FALSE;
  }
  g_ptr_array_add (links, gen_link_new (model, FALSE));
  return TRUE;
}

/* Whether files that a later one says follow it do so. */
static gboolean
check_followers (const GPtrArray *links, guint number, GError **error)
{
  const GenModel *model = ((GenLink *)g_ptr_array_index (links, number))->model;
  g_autoptr (GKeyFile) sidecar = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  if (!gen_model_load_sidecar (model->path, &sidecar, error))
    return FALSE;
  text = gen_chain_find (model->graph, sidecar);
  words = g_strsplit (text != NULL ? text : "", ",", -1);
  for (guint i = 0; words[i] != NULL; i++) {
    const char *name = g_strstrip (words[i]);
    g_autofree char *path = is_file (name) ? find_path (model, name) : NULL;
    const int follower = path != NULL ? find_link (links, path) : G_MAXINT;

    if (follower < 0) {
      g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
          "chain: %s says that %s follows it, which is not in this chain: name it as well",
          model->path, name);
      return FALSE;
    }
    if (follower <= (int)number)
      return fail_cycle (links, (guint)follower, number, error);
  }
  return TRUE;
}

gboolean
gen_chain_load (GPtrArray *links, const char *text, GError **error)
{
  g_auto (GStrv) words = g_strsplit (text, ",", -1);

  for (guint i = 0; words[i] != NULL; i++)
    if (is_file (g_strstrip (words[i])) && !load_file (links, words[i], error))
      return FALSE;
  for (guint later = 1; later < links->len; later++)
    if (!check_followers (links, later, error))
      return FALSE;
  for (guint i = 0; words[i] != NULL; i++) {
    char *output = strchr (words[i], '=');

    if (output == NULL)
      continue;
    *output++ = '\0';
    if (!say_join (links, g_strstrip (words[i]), g_strstrip (output), error))
      return FALSE;
  }
  for (guint later = 1; later < links->len; later++)
    if (!join_by_name (links, later, error))
      return FALSE;
  return TRUE;
}
