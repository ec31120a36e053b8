/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Functions of a model's own: what is read is what their bodies say. Everything comes from a
 * constant, so that inference alone computes what a model makes. */
#include <math.h>

#include "onnx-calls.h"

#define FLOAT ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT
#define GRAPH ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH

static void
assert_makes (const Calls *c, const float expected[4])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = calls_parse (c, &error);
  const GenTensor *y;
  const float *values;

  g_assert_no_error (error);
  gen_graph_infer (graph, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (graph->outputs->len, ==, 1);
  y = g_ptr_array_index (graph->outputs, 0);
  g_assert_cmpstr (y->name, ==, "y");
  g_assert_cmpint (y->role, ==, GEN_ROLE_CONSTANT);
  values = gen_tensor_constant (y);
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (values[i], expected[i], 1e-5);
}

static void
assert_refused (const Calls *c, GQuark domain, int code, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (calls_parse (c, &error));
  g_assert_error (error, domain, code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

#define assert_invalid(C, TEXT) assert_refused (C, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID, TEXT)
#define assert_unsupported(C, TEXT)                                                                \
  assert_refused (C, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED, TEXT)

/* Calls within calls, whose names are all the same. */
static void
test_nested (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *inner, *outer;

  calls_init (&c);
  outer = calls_function (&c, "own", "Outer", "x", "y");
  calls_add (&c, outer, "own.Inner", "x", "t");
  calls_add (&c, outer, "own.Inner", "t", "y");
  inner = calls_function (&c, "own", "Inner", "x", "y");
  calls_add (&c, inner, "Add", "x x", "t");
  calls_add (&c, inner, "Neg", "t", "y");
  calls_add (&c, &c.graph, "own.Outer", "x", "t");
  calls_add (&c, &c.graph, "Add", "t x", "y");
  assert_makes (&c, (const float[]){ -10, -5, 5, 15 });
}

/* What a body makes is not known outside, and what comes later has the name that it is given. */
static void
test_names (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *function;

  calls_init (&c);
  function = calls_function (&c, "own", "Twice", "a", "b");
  calls_add (&c, function, "Identity", "a", "y");
  calls_add (&c, function, "Add", "y y", "b");
  calls_add (&c, &c.graph, "own.Twice", "x", "t")->name = calls_text (&c, "call");
  calls_add (&c, &c.graph, "Neg", "t", "call/y");
  calls_add (&c, &c.graph, "Neg", "call/y", "y");
  assert_makes (&c, (const float[]){ -4, -2, 2, 6 });
  c.graph.node[1]->output[0] = calls_text (&c, "z");
  assert_invalid (&c, "its input 'call/y' is neither");
  calls_add (&c, function, "Neg", "x", "unused");
  assert_invalid (
      &c, "node 'call/unused' (Neg): its input 'x' is neither an input of the function");
}

static void
test_attributes (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *inner, *outer;
  Onnx__AttributeProto *slope;
  Onnx__NodeProto *call;

  calls_init (&c);
  outer = calls_function (&c, "own", "Outer", "x", "y");
  outer->n_attribute = calls_names (&c, "steep", &outer->attribute);
  call = calls_add (&c, outer, "own.Inner", "x", "y");
  calls_reference (&c, call, "slope", FLOAT, "steep");
  inner = calls_function (&c, "own", "Inner", "x", "y");
  inner->attribute_proto = calls_take (&c, sizeof slope);
  inner->attribute_proto[0] = slope = calls_new_attribute (&c, "slope", FLOAT);
  inner->n_attribute_proto = 1;
  slope->has_f = TRUE;
  slope->f = 0.5f;
  call = calls_add (&c, inner, "LeakyRelu", "x", "y");
  calls_reference (&c, call, "alpha", FLOAT, "slope");
  call = calls_add (&c, &c.graph, "own.Outer", "x", "y");
  /* The default of the inner one, since the outer has none. */
  assert_makes (&c, (const float[]){ -1, -0.5, 1, 3 });
  calls_float (&c, call, "steep", 2);
  assert_makes (&c, (const float[]){ -4, -2, 1, 3 });
  /* Nobody has any: the operator's own, of 0.01. */
  inner->n_attribute_proto = 0;
  call->n_attribute = 0;
  assert_makes (&c, (const float[]){ -0.02, -0.01, 1, 3 });
}

/* A constant that is an attribute, and results that no node of the body makes. */
static void
test_passed_on (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *function;
  Onnx__NodeProto *node;

  calls_init (&c);
  function = calls_function (&c, "own", "Pair", "a", "k a");
  node = calls_add (&c, function, "Constant", "", "k");
  calls_reference (&c, node, "value_float", FLOAT, "number");
  node = calls_add (&c, &c.graph, "own.Pair", "x", "seven same");
  calls_float (&c, node, "number", 7);
  calls_add (&c, &c.graph, "Add", "seven same", "y");
  assert_makes (&c, (const float[]){ 5, 6, 8, 10 });
  node->n_attribute = 0;
  assert_unsupported (&c, "node 'seven/k' (Constant)");
}

static void
test_left_out (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *function;
  Onnx__NodeProto *call;

  calls_init (&c);
  function = calls_function (&c, "own", "Limit", "x low high", "y unused");
  calls_add (&c, function, "Clip", "x low high", "y");
  calls_add (&c, function, "Neg", "y", "unused");
  call = calls_add (&c, &c.graph, "own.Limit", "x - limit", "y");
  calls_add (&c, &c.graph, "Constant", "", "limit");
  calls_float (&c, c.graph.node[1], "value_float", 2);
  c.graph.node[0] = c.graph.node[1];
  c.graph.node[1] = call;
  assert_makes (&c, (const float[]){ -2, -1, 1, 2 });
  call->n_input = 1;
  assert_makes (&c, (const float[]){ -2, -1, 1, 3 });
  call->n_output = calls_names (&c, "- y", &call->output);
  assert_makes (&c, (const float[]){ 2, 1, -1, -3 });
  call->n_output = calls_names (&c, "y z w", &call->output);
  assert_invalid (&c, "1 inputs and 3 outputs, but the function has 3 and 2");
}

static void
add_branch (Calls *c, Onnx__NodeProto *node, const char *name, Onnx__GraphProto *graph)
{
  Onnx__ValueInfoProto *output = calls_take (c, sizeof *output);

  onnx__value_info_proto__init (output);
  output->name = (char *)"u";
  graph->output = calls_take (c, sizeof output);
  graph->output[0] = output;
  graph->n_output = 1;
  calls_attribute (c, node, name, GRAPH)->g = graph;
}

/* A graph in a body, which sees the body's names and attributes, and calls in it. */
static void
test_branches (void)
{
  g_auto (Calls) c;
  Onnx__GraphProto yes = ONNX__GRAPH_PROTO__INIT, no = ONNX__GRAPH_PROTO__INIT;
  Onnx__FunctionProto *choose, *leak;
  Onnx__NodeProto *node;

  calls_init (&c);
  choose = calls_function (&c, "own", "Choose", "if value", "y");
  calls_add (&c, choose, "Add", "value value", "r");
  node = calls_add (&c, choose, "If", "if", "y");
  leak = calls_function (&c, "own", "Leak", "r", "t");
  calls_reference (&c, calls_add (&c, leak, "LeakyRelu", "r", "t"), "alpha", FLOAT, "by");
  calls_reference (&c, calls_add (&c, &yes, "own.Leak", "r", "t"), "by", FLOAT, "slope");
  calls_add (&c, &yes, "Neg", "t", "u");
  add_branch (&c, node, "then_branch", &yes);
  calls_add (&c, &no, "Identity", "value", "u");
  add_branch (&c, node, "else_branch", &no);
  calls_add (&c, &c.graph, "Size", "x", "size");
  node = calls_add (&c, &c.graph, "Cast", "size", "condition");
  node = calls_add (&c, &c.graph, "own.Choose", "condition x", "y");
  calls_float (&c, node, "slope", 0.25f);
  calls_attribute (&c, c.graph.node[1], "to", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT)->i =
      GEN_TYPE_BOOL;
  c.graph.node[1]->attribute[0]->has_i = TRUE;
  assert_makes (&c, (const float[]){ 1, 0.5, -2, -6 });
}

/* Softmax before opset 13 takes all behind an axis of 1. */
static void
test_opsets (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *function;
  float sum = 0, x[] = { -2, -1, 1, 3 }, expected[4];

  for (int i = 0; i < 4; i++)
    sum += expf (x[i]);
  for (int i = 0; i < 4; i++)
    expected[i] = expf (x[i]) / sum;
  calls_init (&c);
  function = calls_function (&c, "own", "Share", "x", "y");
  calls_add (&c, function, "Softmax", "x", "y");
  calls_add (&c, &c.graph, "own.Share", "x", "y");
  function->opset_import[0]->version = 11;
  assert_makes (&c, expected);
  function->opset_import[0]->version = 13;
  for (int i = 0; i < 4; i++)
    expected[i] = expf (x[i]) / (expf (x[i & 2]) + expf (x[i | 1]));
  assert_makes (&c, expected);
  function->opset_import[0]->version = 99;
  assert_unsupported (&c, "opset 99");
}

static void
test_overloads (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *first, *second;
  Onnx__NodeProto *call;

  calls_init (&c);
  first = calls_function (&c, "own", "Do", "x", "y");
  calls_add (&c, first, "Neg", "x", "y");
  second = calls_function (&c, "own", "Do", "x", "y");
  calls_add (&c, second, "Abs", "x", "y");
  call = calls_add (&c, &c.graph, "own.Do", "x", "y");
  assert_invalid (&c, "two functions 'own.Do'");
  second->overload = calls_text (&c, "other");
  assert_makes (&c, (const float[]){ 2, 1, -1, -3 });
  call->overload = second->overload;
  assert_makes (&c, (const float[]){ 2, 1, 1, 3 });
}

static void
test_refused (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *function, *other;
  Onnx__NodeProto *node;

  calls_init (&c);
  function = calls_function (&c, "own", "First", "x", "y");
  node = calls_add (&c, function, "own.First", "x", "y");
  calls_add (&c, &c.graph, "own.First", "x", "y");
  assert_invalid (&c, "in function 'own.First', called by node 'y': node 'y/y' (own.First): it is "
                      "part of what the function does");
  node->op_type = calls_text (&c, "Second");
  other = calls_function (&c, "own", "Second", "x", "y");
  calls_add (&c, other, "own.First", "x", "y");
  assert_invalid (&c, "cannot call itself");
  other->node[0]->op_type = calls_text (&c, "Telepathy");
  assert_refused (&c, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR,
      "own.Telepathy (opset 1, in node 'y')");
  other->node[0] = calls_add (&c, other, "LeakyRelu", "x", "y");
  other->n_node = 1;
  calls_attribute (&c, other->node[0], "alpha", FLOAT)->ref_attr_name = calls_text (&c, "slope");
  assert_makes (&c, (const float[]){ -0.02, -0.01, 1, 3 });
  c.graph.node[0] = other->node[0];
  assert_invalid (&c, "its attribute 'alpha' refers to 'slope' of a function, but stands in none");
  c.graph.node[0] = calls_add (&c, &c.graph, "own.First", "x", "z");
  c.graph.n_node = 1;
  assert_invalid (&c, "output 'y' is made by no node");
  other->output[0] = calls_text (&c, "nothing");
  assert_invalid (&c, "its output 'nothing' is made by no node");
  other->output[0] = calls_text (&c, "y");
  other->input[0] = calls_text (&c, "");
  assert_invalid (&c, "or one without a name");
  function->input[0] = NULL;
  function->n_input = 0;
  assert_invalid (&c, "1 inputs and 1 outputs, but the function has 0 and 1");
}

/* A chain of functions, each of which calls the next `times`. */
static void
make_chain (Calls *c, int length, int times, const char *inputs, const char *outputs)
{
  for (int i = 0; i < length; i++) {
    g_autofree char *name = g_strdup_printf ("F%d", i), *next = g_strdup_printf ("own.F%d", i + 1);
    Onnx__FunctionProto *function = calls_function (c, "own", name, inputs, outputs);

    for (int k = 0; k < times; k++)
      calls_add (c, function, i + 1 < length ? next : "Neg",
          i + 1 < length || k == 0 ? inputs : "x",
          k == 0                               ? outputs
          : i + 1 < length && *outputs == '\0' ? ""
                                               : "unused");
  }
}

/* A few hundred bytes that ask for more than any machine has. */
static void
test_bombs (void)
{
#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("so many small allocations take minutes under this sanitizer");
  return;
#endif
  g_auto (Calls) deep;
  g_auto (Calls) wide;
  g_auto (Calls) inputs;
  g_auto (Calls) empty;
  g_autoptr (GString) names = g_string_new (NULL);

  calls_init (&deep);
  make_chain (&deep, 64, 1, "x", "y");
  calls_add (&deep, &deep.graph, "own.F0", "x", "y");
  assert_makes (&deep, (const float[]){ 2, 1, -1, -3 });
  calls_function (&deep, "own", "One", "x", "y");
  calls_add (&deep, deep.proto.functions[64], "own.F0", "x", "y");
  deep.graph.node[0]->op_type = calls_text (&deep, "One");
  assert_unsupported (&deep, "more than 64 deep");

  calls_init (&wide);
  make_chain (&wide, 50, 2, "x", "y");
  calls_add (&wide, &wide.graph, "own.F0", "x", "y");
  assert_unsupported (&wide, "an unreasonable number of nodes");

  /* Inputs that no call gives are not free. */
  calls_init (&inputs);
  for (int i = 0; i < 20000; i++)
    g_string_append_printf (names, "i%d ", i);
  make_chain (&inputs, 8, 2, "x", "y");
  calls_function (&inputs, "own", "F8", names->str, "y");
  calls_add (&inputs, inputs.proto.functions[8], "Neg", "i0", "y");
  for (int i = 0; i < 2; i++) {
    inputs.proto.functions[7]->node[i]->op_type = calls_text (&inputs, "F8");
    inputs.proto.functions[7]->node[i]->domain = calls_text (&inputs, "own");
  }
  calls_add (&inputs, &inputs.graph, "own.F0", "x", "y");
  assert_unsupported (&inputs, "an unreasonable number of nodes");

  /* Calls that leave nothing behind count as well. */
  calls_init (&empty);
  make_chain (&empty, 49, 2, "", "");
  empty.proto.functions[48]->n_node = 0;
  calls_add (&empty, &empty.graph, "own.F0", "", "");
  calls_add (&empty, &empty.graph, "Neg", "x", "y");
  assert_unsupported (&empty, "an unreasonable number of nodes");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/functions/nested", test_nested);
  g_test_add_func ("/onnx/functions/names", test_names);
  g_test_add_func ("/onnx/functions/attributes", test_attributes);
  g_test_add_func ("/onnx/functions/passed-on", test_passed_on);
  g_test_add_func ("/onnx/functions/left-out", test_left_out);
  g_test_add_func ("/onnx/functions/branches", test_branches);
  g_test_add_func ("/onnx/functions/opsets", test_opsets);
  g_test_add_func ("/onnx/functions/overloads", test_overloads);
  g_test_add_func ("/onnx/functions/refused", test_refused);
  g_test_add_func ("/onnx/functions/bombs", test_bombs);
  return g_test_run ();
}
