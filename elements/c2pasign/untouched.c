/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where nothing is to be signed, all goes on as it comes, and downstream is asked what it can. */
#include "c2pasign.h"

static GstFlowReturn
chain (GstC2paSign *self, GstBuffer *buffer)
{
  return gst_pad_push (self->src, buffer);
}

const GstC2paWay gst_c2pa_way_untouched = {
  .name = "not at all",
  .goes_on = TRUE,
  .chain = chain,
};
