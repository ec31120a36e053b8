/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How large a file is. */
#include "inspect-private.h"

#include <math.h>

static double
bytes_measure (const GenInspected *item)
{
  return item->bytes > 0 ? (double)item->bytes : NAN;
}

const GenDataMeasure gen_data_measure_bytes = {
  .name = "bytes",
  .unit = "bytes",
  .summary = "Size of the file",
  .need = GEN_NEED_SIZE,
  .least = 0,
  .most = G_MAXDOUBLE,
  .measure = bytes_measure,
};
