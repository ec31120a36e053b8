/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ways.h"

#include <string.h>

#include "choose.h"
#include "trial.h"

/* Each way is prepared on a copy of the kernel, and tried on memory of its own. */
class NodeWays : public GenCudaWays
{
  const GenCudaKernel *kernel;
  const std::vector<GenCudaWay> *ways;
  std::vector<GenCudaKernel> prepared;
  std::vector<const char *> names;
  GenCudaTrial trial;

  gboolean prepare (const GenCudaWay &way)
  {
    GenCudaKernel copy = *kernel;
    GError *reason = NULL;

    if (way.prepare (&copy, &reason)) {
      prepared.push_back (copy);
      names.push_back (way.name);
      return TRUE;
    }
    /* Another way may need less of what there was too little of. */
    if (failure == NULL)
      failure = reason;
    else
      g_clear_error (&reason);
    return FALSE;
  }

public:
  GError *failure = NULL; /* the first */

  NodeWays (const GenCudaKernel *of, const std::vector<GenCudaWay> *all)
      : kernel (of), ways (all), trial (of->device)
  {
  }
  ~NodeWays ()
  {
    g_clear_error (&failure);
  }

  gboolean recall (const char *name) override
  {
    for (const GenCudaWay &way : *ways)
      if (strcmp (way.name, name) == 0)
        return prepare (way);
    return FALSE;
  }

  int propose (int most) override
  {
    for (const GenCudaWay &way : *ways)
      if ((int)prepared.size () < most)
        prepare (way);
    return (int)prepared.size ();
  }

  std::string name (int way) override
  {
    return names[way];
  }

  gboolean begin () override
  {
    const GenNode *node = kernel->node;
    guint packed = G_MAXUINT;
    gsize scratch = 0;

    for (const GenCudaKernel &each : prepared) {
      packed &= each.packed_inputs;
      scratch = MAX (scratch, each.scratch_size);
    }
    std::vector<const void *> inputs (node->inputs->len);
    std::vector<void *> outputs (node->outputs->len);
    for (guint i = 0; i < inputs.size (); i++)
      if (kernel->input (i) != NULL && (i >= 32 || (packed >> i & 1) == 0))
        inputs[i] = trial.take (gen_tensor_size (kernel->input (i)));
    for (guint i = 0; i < outputs.size (); i++)
      if (kernel->output (i) != NULL)
        outputs[i] = trial.take (gen_tensor_size (kernel->output (i)));
    void *memory = trial.take (scratch);
    for (GenCudaKernel &each : prepared) {
      each.inputs = inputs;
      each.outputs = outputs;
      each.scratch = memory;
    }
    return trial.is_complete ();
  }

  gboolean run (int way) override
  {
    for (const auto &launch : prepared[way].launches)
      launch (prepared[way], kernel->device->stream);
    return prepared[way].failed == NULL;
  }

  /* The kernel as the way has prepared it. */
  GenCudaKernel take (int way)
  {
    GenCudaKernel &taken = prepared[way];

    taken.inputs.clear ();
    taken.outputs.clear ();
    taken.scratch = NULL;
    return taken;
  }
};

gboolean
gen_cuda_prepare_way (GenCudaKernel *kernel, const std::string &problem,
    const std::vector<GenCudaWay> &ways, GError **error)
{
  if (ways.size () == 1)
    return ways[0].prepare (kernel, error);
  NodeWays all (kernel, &ways);
  const int way = gen_cuda_choose (kernel->device, problem, &all);

  if (way >= 0)
    *kernel = all.take (way);
  else if (all.failure != NULL)
    g_propagate_error (error, g_steal_pointer (&all.failure));
  return way >= 0;
}
