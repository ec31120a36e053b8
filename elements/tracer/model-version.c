/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two replicas play the same model where its bytes are the same, whatever its name and time are.
 * Files are read once, and again when the element says that it plays a new one. */
#include "model-version.h"

#include "../shared/file-hash.h"

/* Of 64 digits as many as nobody has to compare by eye for long. */
#define DIGITS 12

void
gst_trace_model_gather (GstTraceStage *stage, GstElement *element)
{
  g_autofree char *path = NULL, *hash = NULL;
  GenCounter *model;

  if (!stage->has_model || !stage->model_is_new || stage->frames == NULL)
    return;
  g_object_get (element, "model", &path, NULL);
  if (path == NULL)
    return;
  stage->model_is_new = FALSE;
  hash = gst_generative_hash_file (path);
  if (hash != NULL)
    hash[DIGITS] = '\0';
  model = gst_trace_stage_take (stage, &gst_trace_model, path, hash != NULL ? hash : "");
  gen_counter_set (model, 1);
  if (stage->model != NULL && stage->model != model)
    gst_trace_stage_release (stage, stage->model);
  stage->model = model;
}
