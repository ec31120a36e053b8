/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "choose.h"

#include <mutex>

/* Ways that are measured. */
#define PROPOSALS 8

/* Two that measure at once would measure each other. */
static std::mutex one_at_a_time;

static int
measure (const GenCudaDevice *device, GenCudaWays *ways, int n)
{
  std::lock_guard<std::mutex> guard (one_at_a_time);

  return gen_cuda_fastest (device, n, [ways] (int way) { return ways->run (way); });
}

int
gen_cuda_choose (const GenCudaDevice *device, const std::string &problem, GenCudaWays *ways)
{
  const char *known =
      device->choices != NULL ? gen_choices_find (device->choices, problem.c_str ()) : NULL;
  int n, fastest;

  if (known != NULL && ways->recall (known))
    return 0;
  if (device->choice != GEN_CHOICE_MEASURE)
    return ways->propose (1) > 0 ? 0 : -1;
  n = ways->propose (PROPOSALS);
  if (n < 1)
    return -1;
  if (!ways->begin ())
    return 0;
  fastest = measure (device, ways, n);
  if (fastest < 0)
    return -1;
  if (known != NULL)
    gen_choices_forget (device->choices, problem.c_str ());
  gen_choices_add (device->choices, problem.c_str (), ways->name (fastest).c_str (), NULL, TRUE);
  return fastest;
}

/* --- problems --- */

static void
add (std::string *text, const char *name, gint64 value)
{
  *text += std::string (" ") + name + ":" + std::to_string (value);
}

static void
add_all (std::string *text, const char *name, const gint64 *values, int n)
{
  *text += std::string (" ") + name + ":";
  for (int i = 0; i < n; i++)
    *text += (i > 0 ? "x" : "") + std::to_string (values[i]);
}

std::string
gen_cuda_product_problem (const GenCudaProduct *p)
{
  std::string text = std::string ("product ") + gen_data_type_name (p->type);

  add (&text, "m", p->m);
  add (&text, "n", p->n);
  add (&text, "k", p->k);
  add (&text, "turned", p->transpose_a + 2 * p->transpose_b);
  add (&text, "batch", p->batch);
  add (&text, "a", p->a_step);
  add (&text, "b", p->b_step);
  add (&text, "c", p->c_step);
  add (&text, "precision", p->precision);
  add (&text, "bias", p->has_bias);
  add (&text, "relu", p->has_relu);
  add (&text, "accumulate", p->accumulate);
  return text;
}

std::string
gen_cuda_convolution_problem (const GenCudaConvolution *c)
{
  static const char *const kinds[] = { "convolution", "convolution's data",
    "convolution's weights" };
  std::string text = std::string (kinds[c->kind]) + " " + gen_data_type_name (c->type);

  add (&text, "n", c->n);
  add (&text, "c", c->c);
  add (&text, "k", c->k);
  add (&text, "groups", c->groups);
  add_all (&text, "in", c->in, c->spatial);
  add_all (&text, "out", c->out, c->spatial);
  add_all (&text, "kernel", c->kernel, c->spatial);
  add_all (&text, "strides", c->strides, c->spatial);
  add_all (&text, "dilations", c->dilations, c->spatial);
  add_all (&text, "before", c->before, c->spatial);
  add_all (&text, "after", c->after, c->spatial);
  if (c->picture_step != 0)
    add_all (&text, "steps", c->steps, c->spatial);
  add (&text, "precision", c->precision);
  add (&text, "bias", c->has_bias);
  add (&text, "added", c->has_added);
  add (&text, "activation", c->activation.kind);
  return text;
}

/* --- what is remembered --- */

void
gen_cuda_choices_open (GenCudaDevice *device, const GenPlanOptions *options)
{
  g_autofree char *product = gen_cuda_product_describe ();
  g_autofree char *convolution = gen_cuda_convolution_describe ();
  g_autofree char *text = NULL;
  int driver = 0;

  device->choice = options->choice;
  if (options->choice == GEN_CHOICE_RULES)
    return;
  cudaDriverGetVersion (&driver);
  text = g_strdup_printf ("cuda, %s, compute capability %d.%d, driver for %d.%d, %s, %s",
      device->name, device->capability / 10, device->capability % 10, driver / 1000,
      driver % 1000 / 10, product, convolution);
  device->choices = gen_choices_open (options->choices, text);
}

void
gen_cuda_choices_close (GenCudaDevice *device)
{
  g_clear_pointer (&device->choices, gen_choices_close);
}
