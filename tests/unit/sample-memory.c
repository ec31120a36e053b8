/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which samples a memory keeps. */
#include "../../lib/train/sample-memory.h"
#include "continual.h"

static void
see (GenSampleMemory *memory, guint number, gint64 label)
{
  const float sample[NUMBERS] = { (float)number, 0.5f, -1 };

  gen_sample_memory_see (memory, sample, label);
}

static gboolean
has (const GenSampleMemory *memory, guint number)
{
  for (gsize i = 0; i < gen_sample_memory_count (memory); i++)
    if (gen_sample_memory_sample (memory, i)[0] == (float)number)
      return TRUE;
  return FALSE;
}

/* Which of them stay hangs neither on their order nor on how often they come; they are from
 * everywhere. */
static void
test_reservoir (void)
{
  g_autoptr (GenSampleMemory) one =
      gen_sample_memory_new (100, GEN_MEMORY_RESERVOIR, &shape, -1, 1);
  g_autoptr (GenSampleMemory) other =
      gen_sample_memory_new (100, GEN_MEMORY_RESERVOIR, &shape, -1, 1);
  int thirds[3] = { 0 };

  for (guint i = 0; i < 3000; i++)
    see (one, i, 0);
  for (guint i = 3000; i-- > 0;) {
    see (other, i, 0);
    see (other, i / 2, 0);
  }
  g_assert_cmpuint (gen_sample_memory_count (one), ==, 100);
  g_assert_cmpuint (gen_sample_memory_count (other), ==, 100);
  for (gsize i = 0; i < 100; i++) {
    const guint number = (guint)gen_sample_memory_sample (one, i)[0];

    g_assert_true (has (other, number));
    thirds[number / 1000]++;
  }
  /* 33 each, by a deviation of 4.7. */
  for (int i = 0; i < 3; i++)
    g_assert_cmpint (ABS (thirds[i] - 33), <, 15);
}

static gsize
count (const GenSampleMemory *memory, gint64 label)
{
  gsize n = 0;

  for (gsize i = 0; i < gen_sample_memory_count (memory); i++)
    n += gen_sample_memory_label (memory, i) == label;
  return n;
}

static void
test_by_class (void)
{
  g_autoptr (GenSampleMemory) memory =
      gen_sample_memory_new (30, GEN_MEMORY_BY_CLASS, &shape, -1, 1);

  for (guint i = 0; i < 1000; i++)
    see (memory, i, i % 10 == 0);
  g_assert_cmpuint (count (memory, 0), ==, 15);
  g_assert_cmpuint (count (memory, 1), ==, 15);
  for (guint i = 0; i < 12; i++)
    see (memory, 2000 + i, 2);
  g_assert_cmpuint (count (memory, 0), ==, 10);
  g_assert_cmpuint (count (memory, 1), ==, 10);
  g_assert_cmpuint (count (memory, 2), ==, 10);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sample-memory/reservoir", test_reservoir);
  g_test_add_func ("/sample-memory/by-class", test_by_class);
  return g_test_run ();
}
