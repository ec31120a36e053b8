/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>

/* A page in one file that needs no other one, for wide windows and telephones. */

/* Up to its title, as a heading too. (transfer full) */
GString *page_begin (const char *title);
/* All of it. Frees `page`. (transfer full) */
char *page_end (GString *page);

/* Text as markup has it; what is no UTF-8 is replaced. */
void page_append_escaped (GString *page, const char *text);
/* A number as markup has it, whatever the locale: with two digits behind the point. */
void page_append_number (GString *page, double number);
/* A picture within the page; `alt` tells who cannot see it what it is. */
void page_append_picture (GString *page, const GenPicture *picture, const char *alt);
/* Whether `text` has only letters that base64 is made of, and nothing that would end an attribute.
 */
gboolean page_is_base64 (const char *text);
