/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How work is cut into ranges, and what stands for a range in a word. */
#include <glib.h>

#include "../../lib/render/ranges.h"

/* All frames are in one range each, for any numbers. */
static void
test_cover (void)
{
  for (guint64 frames = 1; frames < 60; frames++)
    for (guint64 length = 1; length < 70; length++) {
      const guint64 count = gen_ranges_count (frames, length);
      guint64 next = 0;

      for (guint64 i = 0; i < count; i++) {
        const GenRange range = gen_ranges_get (frames, length, i);

        g_assert_cmpuint (range.number, ==, i);
        g_assert_cmpuint (range.start, ==, next);
        g_assert_cmpuint (range.frames, >=, 1);
        g_assert_cmpuint (range.frames, <=, length);
        next += range.frames;
      }
      g_assert_cmpuint (next, ==, frames);
    }
  g_assert_cmpuint (gen_ranges_count (G_MAXUINT64, 2), ==, (guint64)1 << 63);
}

static void
test_fill (void)
{
  const GenRange range = { 3, 30, 10 };
  static const char *const cases[][2] = {
    { "first-frame={start}", "first-frame=30" },
    { "{frames}{end}", "1040" },
    { "shard-{range}.tar", "shard-0003.tar" },
    { "location={file}", "location=a {start} b" },
    { "format={ RGB, BGR }", "format={ RGB, BGR }" },
    { "{star}{}{start", "{star}{}{start" },
    { "{{start}}", "{30}" },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *filled = gen_range_fill (&range, 4, "a {start} b", cases[i][0]);
    g_autofree char *without = gen_range_fill (&range, 4, NULL, "{file}");

    g_assert_cmpstr (filled, ==, cases[i][1]);
    g_assert_cmpstr (without, ==, "{file}");
  }
  g_assert_true (gen_range_is_in ("a={start}", "start"));
  g_assert_false (gen_range_is_in ("a=start", "start"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/render-ranges/cover", test_cover);
  g_test_add_func ("/render-ranges/fill", test_fill);
  return g_test_run ();
}
