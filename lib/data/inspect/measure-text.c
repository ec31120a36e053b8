/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long a text is, to those who read it. */
#include "inspect-private.h"

static double
characters_measure (const GenInspected *item)
{
  const GenText *text = &item->sample->text;

  return text->data != NULL ? (double)g_utf8_strlen (text->data, (gssize)text->length) : 0;
}

const GenDataMeasure gen_data_measure_characters = {
  .name = "characters",
  .unit = "characters",
  .summary = "Length of a text, in code points of Unicode",
  .medium = &gen_medium_text,
  .need = GEN_NEED_ITEM,
  .least = 0,
  .most = GEN_TEXT_MAX_BYTES,
  .measure = characters_measure,
};
