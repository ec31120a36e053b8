/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts as a medium. */
#include <generative/medium.h>

#include <gio/gio.h>
#include <string.h>

/* In front of a text, and none of it. */
#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static char *
text_describe (const GenFormat *format)
{
  if (format->length == 0)
    return g_strdup ("text");
  return g_strdup_printf ("text of up to %" G_GSIZE_FORMAT " bytes", format->length);
}

static void
text_init (GenSample *sample, const GenFormat *format)
{
  sample->text =
      (GenText){ .data = g_malloc0 (format->length + 1), .length = format->length, .owned = TRUE };
}

static void
text_clear (GenSample *sample)
{
  if (sample->text.owned)
    g_free (sample->text.data);
}

static void
text_get_format (const GenSample *sample, GenFormat *format)
{
  format->length = sample->text.length;
}

static void
text_copy (const GenSample *source, GenSample *target)
{
  memcpy (target->text.data, source->text.data, source->text.length);
}

static gboolean
text_recognise (const char *path)
{
  g_autofree char *lower = g_ascii_strdown (path, -1);

  return g_str_has_suffix (lower, ".txt");
}

/* Whether text begins as one in UTF-16 does. */
static gboolean
is_wide (const char *text, gsize length)
{
  return length >= 2 && (memcmp (text, "\xff\xfe", 2) == 0 || memcmp (text, "\xfe\xff", 2) == 0);
}

/* Whether a file's content is text. */
static gboolean
check_text (const char *text, gsize length, const char *name, GError **error)
{
  const char *end;

  if (length == 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: empty", name);
    return FALSE;
  }
  if (length > GEN_TEXT_MAX_BYTES) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "%s: a text of %" G_GSIZE_FORMAT " bytes; %d are the most that one may have", name, length,
        GEN_TEXT_MAX_BYTES);
    return FALSE;
  }
  if (g_utf8_validate_len (text, length, &end))
    return TRUE;
  g_set_error (error, G_CONVERT_ERROR, G_CONVERT_ERROR_ILLEGAL_SEQUENCE,
      "%s: byte %" G_GSIZE_FORMAT " is no UTF-8%s", name, (gsize)(end - text),
      is_wide (text, length) ? ", but the mark of UTF-16: iconv -f UTF-16 -t UTF-8 makes it so"
                             : "");
  return FALSE;
}

/* Leave out the mark before a text. */
static void
skip_mark (const char **text, gsize *length)
{
  const gsize mark = strlen (BYTE_ORDER_MARK);

  if (*length < mark || memcmp (*text, BYTE_ORDER_MARK, mark) != 0)
    return;
  *text += mark;
  *length -= mark;
}

static gboolean
read_text (const char *path, char **text, gsize *length, GError **error)
{
  if (!g_file_get_contents (path, text, length, error))
    return FALSE;
  if (check_text (*text, *length, path, error))
    return TRUE;
  g_clear_pointer (text, g_free);
  return FALSE;
}

static gboolean
text_probe (const char *path, GenFormat *format, GError **error)
{
  g_autofree char *text = NULL;

  *format = (GenFormat){ .medium = &gen_medium_text };
  return read_text (path, &text, &format->length, error);
}

static gboolean
text_probe_bytes (GBytes *bytes, const char *name, GenFormat *format, GError **error)
{
  const char *text = g_bytes_get_data (bytes, &format->length);

  *format = (GenFormat){ .medium = &gen_medium_text, .length = format->length };
  return check_text (text, format->length, name, error);
}

/* What does not fit is cut at a character; a text of no length takes the one that there is. */
static void
take_text (const char *text, gsize length, GenText *target)
{
  skip_mark (&text, &length);
  if (target->length == 0) {
    if (target->owned)
      g_free (target->data);
    *target = (GenText){ .data = g_malloc0 (length + 1), .length = length, .owned = TRUE };
  }
  if (length > target->length)
    length = (gsize)(g_utf8_find_prev_char (text, text + target->length + 1) - text);
  memset (target->data, 0, target->length);
  memcpy (target->data, text, length);
}

static gboolean
text_load_bytes (
    GBytes *bytes, const char *name, const GenFitting *fitting, GenSample *target, GError **error)
{
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  if (!check_text (text, length, name, error))
    return FALSE;
  take_text (text, length, &target->text);
  return TRUE;
}

static gboolean
text_load (const char *path, const GenFitting *fitting, GenSample *target, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;

  if (!read_text (path, &text, &length, error))
    return FALSE;
  take_text (text, length, &target->text);
  return TRUE;
}

gsize
gen_text_count_bytes (const GenText *text)
{
  gsize n = text->length;

  while (n > 0 && text->data[n - 1] == '\0')
    n--;
  return n;
}

gboolean
gen_text_is_valid (const GenText *text)
{
  const gsize n = gen_text_count_bytes (text);

  return n == 0 || g_utf8_validate_len (text->data, n, NULL);
}

const GenMedium gen_medium_text = {
  .name = "text",
  .plural = "texts",
  .description = "Text in UTF-8",
  .describe = text_describe,
  .init = text_init,
  .clear = text_clear,
  .get_format = text_get_format,
  .copy = text_copy,
  .recognise = text_recognise,
  .probe = text_probe,
  .load = text_load,
  .is_named = text_recognise,
  .probe_bytes = text_probe_bytes,
  .load_bytes = text_load_bytes,
};
