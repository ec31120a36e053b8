/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "stage.h"

/* Memory and processor time of the process, and of the GPUs that it may use. */
void gst_trace_process_gather (GstTrace *trace);
