/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ice-fragment.h"

#include <gio/gio.h>
#include <string.h>

/* The words of a candidate: those before its type, and all of it. */
#define WORDS_LEAST 8
#define WORDS_MOST 40
#define ADDRESS 4
#define PORT 5

static void
free_candidate (gpointer data)
{
  GenIceCandidate *candidate = data;

  g_free (candidate->text);
  g_free (candidate);
}

void
gen_ice_fragment_free (GenIceFragment *fragment)
{
  g_free (fragment->user);
  g_free (fragment->password);
  g_ptr_array_unref (fragment->candidates);
  g_free (fragment);
}

static gboolean
is_number (const char *text, guint64 least, guint64 most)
{
  guint64 number;

  return g_ascii_string_to_unsigned (text, 10, least, most, &number, NULL);
}

/* Letters, digits, + and /, as RFC 8839 has it. */
static gboolean
is_token (const char *text, gsize least, gsize most)
{
  const gsize length = strlen (text);

  return length >= least && length <= most &&
         strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/") ==
             length;
}

static gboolean
is_address (const char *text)
{
  return g_hostname_is_ip_address (text) ||
         (g_str_has_suffix (text, ".local") && strlen (text) <= 255 &&
             strspn (text, "abcdefABCDEF0123456789-") == strlen (text) - strlen (".local"));
}

/* What is wrong with the words of a candidate, or NULL. */
static const char *
find_fault (char **words)
{
  const guint n = g_strv_length (words);

  if (n < WORDS_LEAST || n > WORDS_MOST || n % 2 != 0)
    return "it is not foundation, component, transport, priority, address, port, \"typ\" and type, "
           "and pairs of words behind";
  if (!is_token (words[0], 1, 32))
    return "its foundation is not one to 32 letters and digits";
  if (!is_number (words[1], 1, 256))
    return "its component is not 1 to 256";
  if (g_ascii_strcasecmp (words[2], "udp") != 0 && g_ascii_strcasecmp (words[2], "tcp") != 0)
    return "its transport is neither UDP nor TCP";
  if (!is_number (words[3], 0, G_MAXUINT32))
    return "its priority is no number of 32 bits";
  if (!is_address (words[ADDRESS]))
    return "its address is neither an IP address nor a name in .local";
  if (!is_number (words[PORT], 0, G_MAXUINT16))
    return "its port is not 0 to 65535";
  return strcmp (words[6], "typ") == 0 ? NULL : "\"typ\" is not where it belongs";
}

gboolean
gen_ice_candidate_check (const char *text, GError **error)
{
  g_auto (GStrv) words = NULL;
  const char *fault;

  if (!g_str_has_prefix (text, "candidate:")) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "it does not begin with candidate:");
    return FALSE;
  }
  words = g_strsplit (text + strlen ("candidate:"), " ", WORDS_MOST + 2);
  fault = find_fault (words);
  if (fault != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s", fault);
  return fault == NULL;
}

/* The place of a medium that is called `name`, or -1. */
static int
find_medium (const char *const *names, const char *name)
{
  for (int i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], name) == 0)
      return i;
  return -1;
}

static gboolean
add_candidate (GenIceFragment *fragment, int medium, const char *text, GError **error)
{
  GenIceCandidate *candidate;

  if (medium < 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "no a=mid before it says whose it is");
    return FALSE;
  }
  if (fragment->candidates->len == GEN_ICE_CANDIDATES_MOST) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "at most %d candidates are taken",
        GEN_ICE_CANDIDATES_MOST);
    return FALSE;
  }
  if (!gen_ice_candidate_check (text, error))
    return FALSE;
  candidate = g_new (GenIceCandidate, 1);
  candidate->medium = (guint)medium;
  candidate->text = g_strdup (text);
  g_ptr_array_add (fragment->candidates, candidate);
  return TRUE;
}

static gboolean
set_credential (char **credential, const char *value, gsize least, GError **error)
{
  if (!is_token (value, least, 256)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "it is not %" G_GSIZE_FORMAT " to 256 letters, digits, + and /", least);
    return FALSE;
  }
  g_free (*credential);
  *credential = g_strdup (value);
  return TRUE;
}

/* Lines that say nothing of candidates are for others. */
static gboolean
read_line (GenIceFragment *fragment, const char *line, const char *const *names, int *medium,
    GError **error)
{
  if (g_str_has_prefix (line, "a=mid:")) {
    *medium = find_medium (names, line + strlen ("a=mid:"));
    if (*medium >= 0)
      return TRUE;
    g_set_error (
        error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "the offer has no medium of that name");
    return FALSE;
  }
  if (g_str_has_prefix (line, "a=ice-ufrag:"))
    return set_credential (&fragment->user, line + strlen ("a=ice-ufrag:"), 4, error);
  if (g_str_has_prefix (line, "a=ice-pwd:"))
    return set_credential (&fragment->password, line + strlen ("a=ice-pwd:"), 22, error);
  if (g_str_has_prefix (line, "a=candidate:"))
    return add_candidate (fragment, *medium, line + strlen ("a="), error);
  fragment->ended = fragment->ended || strcmp (line, "a=end-of-candidates") == 0;
  return TRUE;
}

GenIceFragment *
gen_ice_fragment_parse (const char *text, gsize length, const char *const *names, GError **error)
{
  g_autoptr (GenIceFragment) fragment = g_new0 (GenIceFragment, 1);
  g_autofree char *copy = NULL;
  g_auto (GStrv) lines = NULL;
  int medium = -1;

  fragment->candidates = g_ptr_array_new_with_free_func (free_candidate);
  if (length > GEN_ICE_FRAGMENT_BYTES_MOST || memchr (text, '\0', length) != NULL ||
      !g_utf8_validate (text, (gssize)length, NULL)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "a fragment of SDP is at most %d bytes of UTF-8", GEN_ICE_FRAGMENT_BYTES_MOST);
    return NULL;
  }
  copy = g_strndup (text, length);
  lines = g_strsplit (copy, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_strchomp (lines[i]);
    if (read_line (fragment, lines[i], names, &medium, error))
      continue;
    g_prefix_error (error, "line %u of the fragment, %.60s: ", i + 1, lines[i]);
    return NULL;
  }
  return g_steal_pointer (&fragment);
}
