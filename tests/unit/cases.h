/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators as test cases: each gradient, and the gradient of the gradient, against central
 * differences. */
#pragma once

#include <generative/operator.h>

#define MAX_INPUTS 3

/* An operator applied to inputs of the given shapes. `build` makes what the plain call cannot. */
typedef struct {
  const char *name;
  GenShape shapes[MAX_INPUTS]; /* ended by an empty one */
  const char *attribute;
  double value;
  GenTensor *(*build) (GenGraph *graph, GenTensor *const *x, GError **error);
  gboolean once; /* its gradient has none itself */
} Case;

static inline int
count_inputs (const Case *test)
{
  int n = 0;

  while (n < MAX_INPUTS && test->shapes[n].rank > 0)
    n++;
  return n;
}

static inline GenGraph *
build_case (const Case *test, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new (test->name);
  GenTensor *x[MAX_INPUTS], *y;
  int n = count_inputs (test);

  for (int i = 0; i < n; i++)
    x[i] = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &test->shapes[i]);
  if (test->build != NULL)
    y = test->build (graph, x, error);
  else if (test->attribute != NULL)
    y = gen_graph_op (
        graph, test->name, x, n, 1, error, test->attribute, GEN_FLOAT, test->value, NULL);
  else
    y = gen_graph_op (graph, test->name, x, n, 1, error, NULL);
  if (y == NULL)
    return NULL;
  gen_graph_add_output (graph, y);
  return g_steal_pointer (&graph);
}

static inline void
test_gradient (gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build_case (data, &error);
  double worst;

  g_assert_no_error (error);
  worst = gen_graph_check_gradients (graph, 7, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, <, 5e-3);
  g_assert_cmpfloat (worst, >=, 0);
}

/* The gradient of the sum of squares of the first gradient. */
static inline void
test_second_gradient (gconstpointer data)
{
  const Case *test = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build_case (test, &error);
  GenTensor *wrt[MAX_INPUTS], *gradients[MAX_INPUTS], *y;
  int n = count_inputs (test);
  double worst;

  g_assert_no_error (error);
  for (int i = 0; i < n; i++)
    wrt[i] = g_ptr_array_index (graph->inputs, i);
  y = g_ptr_array_index (graph->outputs, 0);
  y = gen_binary (graph, "Mul", y, y, &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_gradients (graph, y, wrt, n, gradients, &error));
  g_assert_no_error (error);
  g_ptr_array_set_size (graph->outputs, 0);
  for (int i = 0; i < n; i++)
    if (gradients[i] != NULL)
      gen_graph_add_output (graph, gradients[i]);
  worst = gen_graph_check_gradients (graph, 9, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, <, 2e-2);
  g_assert_cmpfloat (worst, >=, 0);
}

static inline void
add_cases (const char *family, const Case *cases, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autofree char *first = g_strdup_printf ("/%s/gradient/%s/%u", family, cases[i].name, i);
    g_autofree char *second =
        g_strdup_printf ("/%s/second-gradient/%s/%u", family, cases[i].name, i);

    g_test_add_data_func (first, &cases[i], test_gradient);
    if (!cases[i].once)
      g_test_add_data_func (second, &cases[i], test_second_gradient);
  }
}
