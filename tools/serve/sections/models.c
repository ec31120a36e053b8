/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [models.NAME]: a model, or a folder of its versions. */
#include "../configuration.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeModelSettings, name)

static const ServeKey keys[] = {
  { "location", SERVE_KEY_FILE, FIELD (location),
      .blurb = "an ONNX file, or a folder of versions: files, or folders with one each" },
  { "device", SERVE_KEY_TEXT, FIELD (device), "\"auto\"",
      .blurb = "where it runs, as generator's property device has it" },
  { "precision", SERVE_KEY_TEXT, FIELD (precision), "\"auto\"",
      .blurb = "how exact products are, as generator's property precision has it" },
  { "threads", SERVE_KEY_INTEGER, FIELD (threads), "0", 0, 1024,
      .blurb = "how many threads it runs on, 0 for one for each core" },
  { "parameters", SERVE_KEY_TEXT, FIELD (parameters),
      .blurb = "the numbers that inputs stand at to begin with, such as strength=0.6" },
};

static gboolean
check (gpointer record, GError **error)
{
  const ServeModelSettings *model = record;

  return model->location != NULL ||
         serve_record_fail (model, "location", error, "it is missing: %s", keys[0].blurb);
}

const ServeSection serve_section_models = {
  .name = "models",
  .blurb = "A model, or a folder of its versions",
  .named = TRUE,
  .size = sizeof (ServeModelSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
  .check = check,
};
