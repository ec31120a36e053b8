/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rows of values between commas (RFC 4180) or another character: values may be in double quotes,
 * and then have the character, line ends and doubled quotes in them. */
#pragma once

#include <glib.h>

typedef struct {
  const char *at; /* in a text that ends in 0 */
  char separator;
  guint line;  /* at which the last row began, from 1 on */
  guint lines; /* that were read */
} GenCsv;

/* Begin to read `text`, which stays its owner's. */
void gen_csv_init (GenCsv *csv, const char *text, char separator);
/* The values of the next row that is not empty, NULL-terminated; NULL at the end, or with `error`
 * (G_IO_ERROR, without the line) where a quote is not closed. (transfer full) */
char **gen_csv_next (GenCsv *csv, GError **error);
