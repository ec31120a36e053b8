/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What pages of reports have in common. Numbers and pictures of several runs stay side by side in a
 * wide window, and tables that are wider than a narrow one are scrolled in it. */
#include "page.h"

#include <string.h>

static const char style[] =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:78rem;padding:0 1rem;"
    "color:#222;background:#fff}h1{font-size:1.6rem;overflow-wrap:anywhere}h2{margin-top:2.2rem}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.25rem .7rem;"
    "border-bottom:1px solid #ddd}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}"
    "td.n{white-space:nowrap}.wide{overflow-x:auto}td.best{font-weight:bold}.end{white-space:"
    "nowrap}"
    "svg{max-width:100%;height:auto}svg.bars rect{fill:#3568a8}svg text{font-size:11px;fill:#444}"
    "svg .axis{stroke:#999;stroke-width:1}svg .grid-line{stroke:#e4e4e4;stroke-width:1}"
    ".grid{display:flex;flex-wrap:wrap;gap:1.5rem}.grid figure{margin:0;max-width:380px}"
    "figcaption{font-size:13px;color:#444;overflow-wrap:anywhere}"
    ".thumbs{gap:.8rem}.thumbs figure{width:128px}.thumbs img,.thumbs svg{max-width:128px;"
    "max-height:128px;background:#eee;border:1px solid #ccc;image-rendering:pixelated}"
    ".texts figure{max-width:60em}.texts "
    "blockquote{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".sounds figure{width:380px}.sounds img,.sounds audio{width:100%;display:block}"
    ".runs{display:flex;flex-wrap:wrap;gap:1rem 2.5rem}.runs>div{flex:1 1 18rem}"
    "@media(max-width:640px){body{margin:1rem auto}th,td{padding:.2rem .35rem;font-size:13px}"
    "td.n{white-space:normal}}"
    ".bad{color:#a22}.note{color:#555;font-size:13px}";

GString *
page_begin (const char *title)
{
  GString *page = g_string_new ("<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\">"
                                "<meta name=\"viewport\" content=\"width=device-width\"><title>");

  page_append_escaped (page, title);
  g_string_append_printf (page, "</title><style>%s</style><h1>", style);
  page_append_escaped (page, title);
  g_string_append (page, "</h1>");
  return page;
}

char *
page_end (GString *page)
{
  g_string_append (page, "</html>\n");
  return g_string_free (page, FALSE);
}

void
page_append_escaped (GString *page, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *escaped = g_markup_escape_text (valid, -1);

  g_string_append (page, escaped);
}

void
page_append_number (GString *page, double number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (page, g_ascii_formatd (digits, sizeof digits, "%.2f", number));
}

void
page_append_picture (GString *page, const GenPicture *picture, const char *alt)
{
  g_autoptr (GBytes) png = gen_picture_encode_png (picture, NULL);
  g_autofree char *text = NULL;

  if (png == NULL)
    return;
  text = g_base64_encode (g_bytes_get_data (png, NULL), g_bytes_get_size (png));
  g_string_append (page, "<img alt=\"");
  page_append_escaped (page, alt);
  g_string_append_printf (page, "\" src=\"data:image/png;base64,%s\">", text);
}

gboolean
page_is_base64 (const char *text)
{
  return text[strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")] ==
         '\0';
}
