/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Engines: what cuDNN proposes for a graph, and how one is found again by its name. */
#include "cudnn-graph.h"

/* More than are taken: not all are allowed, nor can be planned. */
#define PROPOSALS 16
#define WORKSPACE_LIMIT ((gsize)256 << 20)

/* Sums that come out differently from run to run are never allowed; and products of tensor cores
 * are no float32 products. */
static gboolean
is_allowed (const GenCudnnDescriptor &configuration, const GenCudaConvolution *c)
{
  const gboolean exact = c->type == GEN_TYPE_FLOAT32 && c->precision == GEN_PRECISION_FLOAT32;
  GenCudnnDescriptor engine (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t got = engine.get ();
  cudnnBackendNumericalNote_t notes[CUDNN_NUMERICAL_NOTE_TYPE_COUNT];
  gint64 n = 0;

  if (cudnnBackendGetAttribute (configuration.get (), CUDNN_ATTR_ENGINECFG_ENGINE,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &got) != CUDNN_STATUS_SUCCESS ||
      cudnnBackendGetAttribute (engine.get (), CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
          CUDNN_TYPE_NUMERICAL_NOTE, G_N_ELEMENTS (notes), &n, notes) != CUDNN_STATUS_SUCCESS)
    return FALSE;
  for (gint64 i = 0; i < n; i++)
    if (notes[i] == CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC ||
        (exact && (notes[i] == CUDNN_NUMERICAL_NOTE_TENSOR_CORE ||
                      notes[i] == CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)))
      return FALSE;
  return TRUE;
}

/* The engine's number, and the values of its knobs: "12/3:1,9:0". Empty where it does not say. */
static std::string
name_of (const GenCudnnDescriptor &configuration)
{
  GenCudnnDescriptor engine (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  cudnnBackendDescriptor_t got = engine.get ();
  std::vector<GenCudnnRef> knobs;
  std::vector<cudnnBackendDescriptor_t> list;
  gint64 n = 0, number = -1;
  std::string name;

  for (int i = 0; i < CUDNN_KNOB_TYPE_COUNTS; i++) {
    knobs.push_back (gen_cudnn_make (CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR));
    list.push_back (knobs.back ()->get ());
  }
  if (cudnnBackendGetAttribute (configuration.get (), CUDNN_ATTR_ENGINECFG_ENGINE,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &n, &got) != CUDNN_STATUS_SUCCESS ||
      cudnnBackendGetAttribute (engine.get (), CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 1,
          &n, &number) != CUDNN_STATUS_SUCCESS ||
      cudnnBackendGetAttribute (configuration.get (), CUDNN_ATTR_ENGINECFG_KNOB_CHOICES,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, list.size (), &n, list.data ()) != CUDNN_STATUS_SUCCESS)
    return "";
  name = std::to_string (number) + "/";
  for (gint64 i = 0; i < MIN (n, (gint64)list.size ()); i++) {
    cudnnBackendKnobType_t knob;
    gint64 value = 0, count = 0;

    if (cudnnBackendGetAttribute (list[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE,
            1, &count, &knob) != CUDNN_STATUS_SUCCESS ||
        cudnnBackendGetAttribute (list[i], CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, CUDNN_TYPE_INT64, 1,
            &count, &value) != CUDNN_STATUS_SUCCESS)
      return "";
    name += (i > 0 ? "," : "") + std::to_string ((int)knob) + ":" + std::to_string (value);
  }
  return name;
}

/* The configuration of that name for the graph; NULL where the library has no such. `*parts` is
 * what it is made of. */
static GenCudnnRef
configuration_of (const char *name, const GenCudnnGraph *graph, std::vector<GenCudnnRef> *parts)
{
  GenCudnnRef engine = gen_cudnn_make (CUDNN_BACKEND_ENGINE_DESCRIPTOR);
  GenCudnnRef configuration = gen_cudnn_make (CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
  std::vector<cudnnBackendDescriptor_t> list;
  char *end;
  gint64 number = g_ascii_strtoll (name, &end, 10);

  if (end == name || *end != '/' ||
      !engine->set_descriptor (CUDNN_ATTR_ENGINE_OPERATION_GRAPH, *graph->operations)
           .set_int (CUDNN_ATTR_ENGINE_GLOBAL_INDEX, number)
           .finish ())
    return nullptr;
  parts->push_back (engine);
  for (const char *at = end + 1; *at != '\0'; at = *end == ',' ? end + 1 : end) {
    cudnnBackendKnobType_t knob = (cudnnBackendKnobType_t)g_ascii_strtoll (at, &end, 10);
    gint64 value;

    if (end == at || *end != ':')
      return nullptr;
    at = end + 1;
    value = g_ascii_strtoll (at, &end, 10);
    if (end == at || (*end != ',' && *end != '\0'))
      return nullptr;
    parts->push_back (gen_cudnn_make (CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR));
    if (!parts->back ()
             ->set (CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, CUDNN_TYPE_KNOB_TYPE, 1, &knob)
             .set_int (CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value)
             .finish ())
      return nullptr;
    list.push_back (parts->back ()->get ());
  }
  configuration->set_descriptor (CUDNN_ATTR_ENGINECFG_ENGINE, *engine);
  if (!list.empty ())
    configuration->set (CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_TYPE_BACKEND_DESCRIPTOR,
        list.size (), list.data ());
  return configuration->finish () ? configuration : nullptr;
}

/* FALSE where it cannot be planned, or takes too much memory. */
static gboolean
plan_engine (GenCudnnEngine *engine, const GenCudnnDescriptor &configuration, cudnnHandle_t handle)
{
  gint64 workspace = 0, count = 0;

  engine->plan = gen_cudnn_make (CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  if (!engine->plan->set_handle (CUDNN_ATTR_EXECUTION_PLAN_HANDLE, handle)
           .set_descriptor (CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration)
           .finish () ||
      cudnnBackendGetAttribute (engine->plan->get (), CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE,
          CUDNN_TYPE_INT64, 1, &count, &workspace) != CUDNN_STATUS_SUCCESS ||
      (gsize)workspace > WORKSPACE_LIMIT)
    return FALSE;
  engine->workspace = (gsize)workspace;
  return TRUE;
}

void
gen_cudnn_engines_find (std::vector<GenCudnnEngine> *engines, const GenCudnnGraph *graph,
    cudnnHandle_t handle, const GenCudaConvolution *c, cudnnBackendHeurMode_t mode, int most)
{
  GenCudnnDescriptor heuristics (CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
  std::vector<GenCudnnRef> configurations;
  std::vector<cudnnBackendDescriptor_t> list;
  gint64 n = 0;

  if (!heuristics.set_descriptor (CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, *graph->operations)
           .set (CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, 1, &mode)
           .finish ())
    return;
  for (int i = 0; i < PROPOSALS; i++) {
    configurations.push_back (gen_cudnn_make (CUDNN_BACKEND_ENGINECFG_DESCRIPTOR));
    list.push_back (configurations.back ()->get ());
  }
  if (cudnnBackendGetAttribute (heuristics.get (), CUDNN_ATTR_ENGINEHEUR_RESULTS,
          CUDNN_TYPE_BACKEND_DESCRIPTOR, PROPOSALS, &n, list.data ()) != CUDNN_STATUS_SUCCESS)
    return;
  for (gint64 i = 0; i < MIN (n, PROPOSALS) && (int)engines->size () < most; i++) {
    GenCudnnEngine engine;

    if (is_allowed (*configurations[i], c) && plan_engine (&engine, *configurations[i], handle)) {
      engine.name = name_of (*configurations[i]);
      engines->push_back (engine);
    }
  }
}

gboolean
gen_cudnn_engine_recall (GenCudnnEngine *engine, const char *name, const GenCudnnGraph *graph,
    cudnnHandle_t handle, const GenCudaConvolution *c)
{
  std::vector<GenCudnnRef> parts;
  GenCudnnRef configuration = configuration_of (name, graph, &parts);

  if (configuration == nullptr || !is_allowed (*configuration, c) ||
      !plan_engine (engine, *configuration, handle))
    return FALSE;
  engine->name = name;
  return TRUE;
}
