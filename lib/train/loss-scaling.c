/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loss scaling as nodes of the training step, so that no step waits for the CPU. */
#include "loss-scaling.h"

gboolean
gen_loss_scaling_wanted (const GenTrainerSettings *settings)
{
  return settings->precision == GEN_PRECISION_FLOAT16 && settings->device != NULL &&
         settings->device != &gen_device_cpu;
}

gboolean
gen_loss_scaling_is_state (const char *name)
{
  return g_str_has_prefix (name, GEN_LOSS_SCALING_SCALE) ||
         g_str_has_prefix (name, GEN_LOSS_SCALING_GOOD) ||
         g_str_has_prefix (name, GEN_LOSS_SCALING_UPDATES);
}

static GenTensor *
add_number (
    GenGraph *graph, const char *what, const char *net, GenDataType type, gconstpointer value)
{
  g_autofree char *name = g_strconcat (what, net, NULL);

  return gen_graph_add_state (
      graph, name, type, &GEN_SHAPE_SCALAR, g_bytes_new (value, gen_data_type_size (type)));
}

GenTensor *
gen_loss_scaling_begin (
    GenLossScaling *scaling, GenGraph *graph, const char *net, GenTensor *loss, GError **error)
{
  const float first = GEN_LOSS_SCALING_FIRST;
  const gint64 zero = 0;
  GenTensor *scale;

  scaling->scale = add_number (graph, GEN_LOSS_SCALING_SCALE, net, GEN_TYPE_FLOAT32, &first);
  scaling->good = add_number (graph, GEN_LOSS_SCALING_GOOD, net, GEN_TYPE_INT64, &zero);
  scaling->updates = add_number (graph, GEN_LOSS_SCALING_UPDATES, net, GEN_TYPE_INT64, &zero);
  scale = gen_unary (graph, "Precise", scaling->scale, error);
  return scale != NULL ? gen_binary (graph, "Mul", loss, scale, error) : NULL;
}

gboolean
gen_loss_scaling_end (GenLossScaling *scaling, GenGraph *graph, GenTensor *loss,
    GenTensor *const *gradients, guint n, GError **error)
{
  GenTensor *const states[] = { scaling->scale, scaling->good, scaling->updates };
  g_autoptr (GPtrArray) inputs = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    g_ptr_array_add (inputs, states[i]);
  g_ptr_array_add (inputs, loss);
  for (guint i = 0; i < n; i++)
    if (gradients[i] != NULL)
      g_ptr_array_add (inputs, gradients[i]);
  scaling->factor =
      gen_graph_op (graph, "LossScale", (GenTensor **)inputs->pdata, inputs->len, 4, error, NULL);
  if (scaling->factor == NULL)
    return FALSE;
  scaling->next = gen_node_output (scaling->factor->producer, 1);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    gen_graph_assign (graph, states[i], gen_node_output (scaling->factor->producer, 1 + i));
  return TRUE;
}

GenTensor *
gen_loss_scaling_keep (
    GenGraph *graph, GenTensor *state, GenTensor *next, GenTensor *const factors[2], GError **error)
{
  if (factors[0] == NULL)
    return next;
  return gen_graph_op (graph, "KeepState", (GenTensor *[]){ state, next, factors[0], factors[1] },
      factors[1] != NULL ? 4 : 3, 1, error, NULL);
}
