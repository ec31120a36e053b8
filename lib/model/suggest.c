/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What would help to play a model whose inputs look like parts of a sound. */
#include <string.h>

#include "parts.h"
#include "spectra.h"

/* Frames that follow each other are along one axis, which is free, and what is of each along
 * others.
 */
static gboolean
is_by_frames (const GenPort *port)
{
  guint n_free = 0;

  for (int d = 1; d < port->shape.rank; d++)
    n_free += port->shape.dims[d] < 0;
  return port->shape.rank >= 3 && n_free == 1 && port->shape.dims[0] <= 1 && port->channels != 3 &&
         port->kind != GEN_PORT_SOUND;
}

/* As many as there are bins of frames that are usual. */
static gboolean
has_bins (const GenShape *shape)
{
  for (int d = 1; shape->rank >= 3 && d < shape->rank; d++)
    if (gen_spectra_are_usual_bins (shape->dims[d]))
      return TRUE;
  return FALSE;
}

static gboolean
is_number (const GenPort *port)
{
  return port->kind != GEN_PORT_PICTURE && port->kind != GEN_PORT_FRAMES &&
         port->kind != GEN_PORT_SOUND && port->kind != GEN_PORT_VECTOR;
}

char *
gen_model_suggest_spectra (const GenModel *model)
{
  const GPtrArray *inputs = model->graph->inputs;
  guint n = 0, by_frames = 0, bins = 0;

  if (model->spectra != NULL)
    return NULL;
  if (gen_parts_find (inputs, "feat_erb") >= 0 && gen_parts_find (inputs, "feat_spec") >= 0)
    return g_strdup ("DeepFilterNet's first file: chain=erb_dec.onnx,df_dec.onnx, which lie beside "
                     "it, spectrum=deep-filter and sample-rate=48000 play all three");
  for (guint i = 0; i < inputs->len; i++) {
    const GenPort *port = &model->inputs[i];

    if (port->part != GEN_PART_FLOW)
      continue;
    n++;
    by_frames += is_by_frames (port);
    bins += is_number (port) && has_bins (&port->shape);
  }
  if (n > 1 && by_frames == n)
    return g_strdup ("features of a sound, frame by frame: where another file makes them, chain of "
                     "that file names this one; where they are spectra, spectrum says which "
                     "(NAME=magnitude, complex, real, imaginary, frames)");
  if (n > 0 && bins > 0)
    return g_strdup ("spectra of a sound: spectrum says of which kind (magnitude, complex, planes, "
                     "frames) and length, and chain which files follow");
  return NULL;
}
