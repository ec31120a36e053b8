/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX files: no damaged one does harm. */
#include "onnx-calls.h"
#include "onnx-sample.h"

/* Whatever the bytes: an error, or a graph that inference accepts or refuses. */
static void
try_bytes (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_parse (bytes, "damaged.onnx", NULL, &error);

  if (graph == NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_true (g_str_has_prefix (error->message, "damaged.onnx: "));
    return;
  }
  gen_graph_set_free_dimensions (graph, NULL, 1);
  if (!gen_graph_infer (graph, &reason))
    g_assert_nonnull (reason);
}

/* y = Relu (x w + b). */
static GBytes *
make_sample (void)
{
  Sample s;

  sample_init (&s);
  return pack (&s);
}

/* Functions that call one another, with attributes and a graph in one of them. */
static GBytes *
make_calls (void)
{
  g_auto (Calls) c;
  Onnx__FunctionProto *outer, *inner;
  Onnx__AttributeProto *slope;
  Onnx__NodeProto *node;

  calls_init (&c);
  outer = calls_function (&c, "own", "Outer", "x", "y unused");
  node = calls_add (&c, outer, "own.Inner", "x", "t");
  calls_reference (&c, node, "slope", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, "steep");
  calls_add (&c, outer, "Clip", "t - -", "y");
  calls_add (&c, outer, "Neg", "y", "unused");
  inner = calls_function (&c, "own", "Inner", "x", "y");
  inner->overload = calls_text (&c, "one");
  node->overload = inner->overload;
  inner->attribute_proto = calls_take (&c, sizeof slope);
  inner->attribute_proto[0] = slope =
      calls_new_attribute (&c, "slope", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);
  inner->n_attribute_proto = 1;
  slope->has_f = TRUE;
  node = calls_add (&c, inner, "LeakyRelu", "x", "y");
  calls_reference (&c, node, "alpha", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, "slope");
  node = calls_add (&c, &c.graph, "own.Outer", "x", "t");
  calls_float (&c, node, "steep", 2);
  calls_add (&c, &c.graph, "own.Outer", "t", "y");
  return calls_pack (&c);
}

typedef GBytes *(*MakeFunc) (void);
static const MakeFunc makes[] = { make_sample, make_calls };

static void
test_truncated (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (makes); i++) {
    g_autoptr (GBytes) bytes = makes[i]();
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    for (gsize n = 0; n <= size; n++)
      try_bytes (data, n);
  }
}

static void
test_flipped (void)
{
  for (guint k = 0; k < G_N_ELEMENTS (makes); k++) {
    g_autoptr (GBytes) bytes = makes[k]();
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);
    g_autofree guint8 *copy = g_memdup2 (data, size);

    for (gsize i = 0; i < size; i++)
      for (int bit = 0; bit < 10; bit++) {
        copy[i] = bit < 8 ? data[i] ^ 1 << bit : bit == 8 ? 0 : 0xff;
        try_bytes (copy, size);
        copy[i] = data[i];
      }
  }
}

/* Bytes shuffled, repeated and cut out, with a seed. */
static void
test_spliced (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);

  for (int i = 0; i < 6000; i++) {
    g_autoptr (GBytes) bytes = makes[i % G_N_ELEMENTS (makes)]();
    g_autoptr (GByteArray) mix = g_byte_array_new ();
    int parts = g_rand_int_range (rand, 1, 5);
    gsize size;
    const guint8 *data = g_bytes_get_data (bytes, &size);

    for (int k = 0; k < parts; k++) {
      gsize first = g_rand_int_range (rand, 0, size),
            end = g_rand_int_range (rand, first, size + 1);

      g_byte_array_append (mix, data + first, end - first);
      if (mix->len > 0 && g_rand_boolean (rand))
        mix->data[g_rand_int_range (rand, 0, mix->len)] = g_rand_int (rand);
    }
    try_bytes (mix->data, mix->len);
  }
}

static void
assert_encoding_refused (const GByteArray *message, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (message->data, message->len);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_onnx_parse (bytes, "bomb.onnx", NULL, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

/* `message` as the content of field `number`. */
static void
wrap (GByteArray *message, guint number)
{
  guint8 head[12];
  guint n = 0;

  head[n++] = number << 3 | 2;
  for (guint rest = message->len;; rest >>= 7) {
    head[n++] = (rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0);
    if (rest < 0x80)
      break;
  }
  g_byte_array_prepend (message, head, n);
}

static void
test_bombs (void)
{
  g_autoptr (GByteArray) deep = g_byte_array_new ();
  g_autoptr (GByteArray) wide = g_byte_array_new ();
  g_autoptr (GByteArray) twice = g_byte_array_new ();
  g_autoptr (GByteArray) text = g_byte_array_new ();

  /* Graphs in attributes of nodes of graphs …: 1000 levels. */
  for (int i = 0; i < 1000; i++) {
    wrap (deep, 6); /* attribute.g */
    wrap (deep, 5); /* node.attribute */
    wrap (deep, 1); /* graph.node */
  }
  wrap (deep, 7);
  assert_encoding_refused (deep, "nesting");

  /* Millions of empty attributes: two bytes here, some 300 in memory. */
  for (int i = 0; i < 2000000; i++)
    g_byte_array_append (wide, (const guint8[]){ 5 << 3 | 2, 0 }, 2);
  wrap (wide, 1);
  wrap (wide, 7);
  assert_encoding_refused (wide, "unreasonable");

  g_byte_array_append (twice, (const guint8[]){ 7 << 3 | 2, 0, 7 << 3 | 2, 0 }, 4);
  assert_encoding_refused (twice, "twice");

  g_byte_array_append (text, (const guint8[]){ 2 << 3 | 2, 2, 0xff, 0xfe }, 4);
  assert_encoding_refused (text, "UTF-8");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/damage/truncated", test_truncated);
  g_test_add_func ("/onnx/damage/flipped", test_flipped);
  g_test_add_func ("/onnx/damage/spliced", test_spliced);
  g_test_add_func ("/onnx/damage/bombs", test_bombs);
  return g_test_run ();
}
