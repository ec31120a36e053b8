/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Of two classes, background and foreground, the picture that is the mask. */
#include "bounds.h"

static gboolean
is_probability (const GenModel *model, const GenPort *port)
{
  g_autoptr (GHashTable) known = gen_graph_bounds (model->graph, NULL, NULL);
  const GenTensor *output = g_ptr_array_index (model->graph->outputs, port - model->outputs);
  const GenBounds *bounds = g_hash_table_lookup (known, output);

  return bounds != NULL && bounds->n == 1 && bounds->low[0] >= 0 && bounds->high[0] <= 1;
}

/* Which of the model's outputs `port`, a copy, is. */
static const GenPort *
find_original (const GenModel *model, const GenPort *port)
{
  guint i = 0;

  while (!g_str_equal (model->outputs[i].name, port->name))
    i++;
  return &model->outputs[i];
}

/* What is as large as no mask of the picture that comes could be, whole or scaled down, shows
 * something else (where pixels go, or come from). */
static gboolean
may_cover (const GenModel *model, gint64 height, gint64 width)
{
  const GenPort *picture = gen_model_find_input (model, GEN_PORT_PICTURE);

  return picture == NULL || picture->height < 0 || picture->width < 0 || height <= 0 ||
         width <= 0 || picture->height * width == picture->width * height;
}

gboolean
gen_model_make_mask (const GenModel *model, GenPort *port)
{
  const gint64 *dims = port->shape.dims;
  const gboolean last = dims[3] == 2 && dims[1] != 2;
  const int height = last ? 1 : 2;

  if (port->kind != GEN_PORT_OTHER || port->shape.rank != 4 || (dims[1] != 2 && !last) ||
      !may_cover (model, dims[height], dims[height + 1]) || !gen_port_use_float32 (port))
    return FALSE;
  port->kind = GEN_PORT_PICTURE;
  port->classes = is_probability (model, find_original (model, port)) ? GEN_CLASSES_PROBABILITIES
                                                                      : GEN_CLASSES_SCORES;
  port->channels = 1;
  port->channels_last = last;
  port->batch = dims[0];
  port->height = (int)dims[height];
  port->width = (int)dims[height + 1];
  gen_port_set_range (port, 0, 1);
  return TRUE;
}
