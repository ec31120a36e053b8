/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Offsets between streams are found where they are, to the frame, and not where there is none. */
#include <generative/alignment.h>

#include <math.h>

#define N 3000

static float
noise (int i)
{
  const guint32 hash = ((guint32)i + 77u) * 2654435761u;

  return (float)((hash ^ (hash >> 15)) * 2246822519u >> 8) / (1 << 23) - 1;
}

/* Quieter, upside down, with noise of its own, and any way round. */
static void
test_sounds (void)
{
  static const int shifts[] = { 0, 1, -1, 250, -333, 999 };

  for (gsize k = 0; k < G_N_ELEMENTS (shifts); k++) {
    float sound[N], reference[N - 300];
    GenAlignment found;

    for (int i = 0; i < N; i++)
      sound[i] = -0.2f * noise (i - shifts[k]) + 0.1f * noise (i + 100000);
    for (int i = 0; i < N - 300; i++)
      reference[i] = noise (i);
    sound[5] = NAN;
    g_assert_true (gen_align_sounds (sound, N, reference, N - 300, 1000, &found));
    g_assert_cmpint (found.offset, ==, shifts[k]);
    /* Of both parts' powers, four fifths are the reference's. */
    g_assert_cmpfloat_with_epsilon (found.likeness, 2 / sqrt (5), 0.03);
  }
}

/* A shift beyond what is looked at, silence, and another sound. */
static void
test_unlike_sounds (void)
{
  float sound[N], reference[N], silence[N] = { 0 };
  GenAlignment found;

  for (int i = 0; i < N; i++) {
    sound[i] = noise (i - 200);
    reference[i] = noise (i);
  }
  g_assert_false (gen_align_sounds (sound, N, reference, N, 100, &found));
  g_assert_true (gen_align_sounds (sound, N, reference, N, 200, &found));
  g_assert_false (gen_align_sounds (sound, N, silence, N, 200, &found));
  g_assert_false (gen_align_sounds (sound, 0, reference, N, 200, &found));
}

/* One sample in each hundred that is no sound, or as loud as sounds are not: a share of 1 is the
 * most there is, whatever is found. */
static void
test_loud_samples (void)
{
  static const float levels[] = { 1e6f, 1e9f, 1e11f, 3e38f };

  for (gsize k = 0; k < 2 * G_N_ELEMENTS (levels); k++) {
    const float level = levels[k / 2];
    float sound[N], reference[N];
    GenAlignment found;
    gboolean any;

    for (int i = 0; i < N; i++) {
      sound[i] = i % 100 == 7 ? level : noise (i - 123);
      reference[i] = k % 2 && i % 100 == 50 ? level : noise (i);
    }
    any = gen_align_sounds (sound, N, reference, N, 1000, &found);
    g_assert_cmpfloat (found.likeness, <=, 1);
    if (level < 1e10f)
      continue;
    g_assert_true (any);
    g_assert_cmpint (found.offset, ==, 123);
    g_assert_cmpfloat (found.likeness, >, 0.9);
  }
}

/* A tone is like itself after each period: the smallest shift is taken. */
static void
test_tone (void)
{
  float sound[N], reference[N];
  GenAlignment found;

  for (int i = 0; i < N; i++) {
    sound[i] = (float)sin (2 * G_PI * (i - 3) / 50);
    reference[i] = (float)sin (2 * G_PI * i / 50);
  }
  g_assert_true (gen_align_sounds (sound, N, reference, N, 400, &found));
  g_assert_cmpint (found.offset, ==, 3);
}

static void
fill (GenAlignmentFrame *frame, int place, gint64 time, float background)
{
  frame->time = time;
  for (int y = 0; y < GEN_ALIGNMENT_SIZE; y++)
    for (int x = 0; x < GEN_ALIGNMENT_SIZE; x++)
      frame->levels[y * GEN_ALIGNMENT_SIZE + x] =
          background * noise (y * 16 + x) +
          ((x * 3 + y) % 16 == place * 7 % 16 ? 120.0f : 10.0f) * (place % 5 + 1);
}

/* Before a background that does not move and is greater than all that does; of another rate, too.
 */
static void
test_pictures (void)
{
  for (int late = -6; late <= 6; late += 3)
    for (int step = 1; step <= 2; step++) {
      GenAlignmentFrame frames[40], reference[40];
      GenAlignment found;

      for (int i = 0; i < 40; i++)
        fill (&frames[i], i, (i + late) * 40, 900);
      for (int i = 0; i < 40 / step; i++)
        fill (&reference[i], i * step, i * step * 40, 700);
      g_assert_true (gen_align_pictures (frames, 40, reference, (guint)(40 / step), 400, &found));
      g_assert_cmpint (found.offset, ==, late * 40);
      g_assert_cmpfloat (found.likeness, >, 0.9);
    }
}

static void
test_still (void)
{
  GenAlignmentFrame frames[10];
  GenAlignment found;

  for (int i = 0; i < 10; i++)
    fill (&frames[i], 3, i * 40, 900);
  g_assert_false (gen_align_pictures (frames, 10, frames, 10, 200, &found));
  g_assert_false (gen_align_pictures (frames, 1, frames, 10, 200, &found));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/alignment/sounds", test_sounds);
  g_test_add_func ("/alignment/unlike-sounds", test_unlike_sounds);
  g_test_add_func ("/alignment/loud-samples", test_loud_samples);
  g_test_add_func ("/alignment/tone", test_tone);
  g_test_add_func ("/alignment/pictures", test_pictures);
  g_test_add_func ("/alignment/still", test_still);
  return g_test_run ();
}
