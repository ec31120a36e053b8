/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* modeltrainer with nets that are told classes: resuming, and generator playing a class that is a
 * parameter or flows, with guidance that can be set. */
#include "trainings.h"

/* A folder of pictures in two folders, which are classes. */
static char *
pictures_new (void)
{
  static const char *const patterns[] = { "ball", "checkers-4" };
  char *folder = scratch_new ();

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++) {
    g_autofree char *class = g_strdup_printf ("%s/data/%u", folder, i);
    g_autofree char *launch = g_strdup_printf (
        "videotestsrc pattern=%s num-buffers=8 ! video/x-raw,format=GRAY8,width=28,height=28 ! "
        "pngenc ! multifilesink location=%s/%%d.png",
        patterns[i], class);

    g_assert_cmpint (g_mkdir_with_parents (class, 0777), ==, 0);
    play (launch, NULL);
  }
  return folder;
}

static void
train (const char *folder, const char *settings, const char *name, int steps, const char *more)
{
  g_autofree char *launch = g_strdup_printf (
      "datasetsrc location=%s/data ! video/x-raw,format=GRAY8,width=28,height=28 ! "
      "modeltrainer conditional=true device=cpu batch-size=4 silent=true seed=3 "
      "ema=0.9 checkpoint=%s/%s max-steps=%d %s %s",
      folder, folder, name, steps, settings, more);

  play (launch, NULL);
}

/* Six steps in one go and in two are the same bits. */
static void
check_resume (const char *folder, const char *settings)
{
  g_autofree char *whole = g_build_filename (folder, "whole", NULL);
  g_autofree char *parts = g_build_filename (folder, "parts", NULL);

  train (folder, settings, "whole", 6, "overwrite=true");
  train (folder, settings, "parts", 2, "overwrite=true");
  train (folder, settings, "parts", 6, "resume=true");
  assert_same (whole, parts, GEN_CHECKPOINT_STATE);
  assert_same (whole, parts, "ema.onnx");
}

/* What `source ! generator` makes. */
static char *
make (const char *folder, const char *source, const char *settings, gsize *size)
{
  g_autofree char *launch =
      g_strdup_printf ("%s ! generator model=%s/whole/ema.onnx columns=4 batch-size=2 %s ! "
                       "video/x-raw,format=GRAY8 ! filesink location=%s/made",
          source, folder, settings, folder);

  play (launch, NULL);
  return read_file (folder, "made", size);
}

#define LATENTS "latentsrc num-buffers=2 dimensions=%d:4"

/* Pictures of a wall's columns, whose classes are 0 and 1 in turn, are those of each class alone.
 */
static void
check_classes (const char *folder, int length, const char *more)
{
  g_autofree char *source = g_strdup_printf (LATENTS, length);
  g_autofree char *flowing = g_strdup_printf (LATENTS " classes=2 class=1", length);
  g_autofree char *of_none = g_strdup_printf ("parameters=class=0%s", more);
  g_autofree char *of_one = g_strdup_printf ("parameters=class=1%s", more);
  g_autofree char *of_both = g_strdup_printf ("parameters=class=0:1:0:1%s", more);
  g_autofree char *none = NULL, *one = NULL, *both = NULL, *flowed = NULL;
  gsize n, m;

  none = make (folder, source, of_none, &n);
  one = make (folder, source, of_one, &m);
  g_assert_cmpuint (n, ==, 2 * 4 * 28 * 28);
  g_assert_cmpuint (m, ==, n);
  g_assert_cmpint (memcmp (none, one, n), !=, 0);
  both = make (folder, source, of_both, &m);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpint (ABS ((guint8)both[i] - (guint8)(i / 28 % 2 == 0 ? none : one)[i]), <=, 1);
  flowed = make (folder, flowing, *more != '\0' ? "parameters=guidance=40" : "", &m);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpint (ABS ((guint8)flowed[i] - (guint8)one[i]), <=, 1);
}

static void
test_latents (void)
{
  g_autofree char *folder = pictures_new ();

  check_resume (folder, "preset=mlp latent-size=4");
  check_classes (folder, 4, "");
  check_resume (folder, "preset=vae latent-size=4");
  check_classes (folder, 4, "");
  scratch_remove (folder);
}

/* Guidance is as the file says, or as is said beside the class; more of it makes another picture.
 */
static void
test_guidance (void)
{
  g_autofree char *folder = pictures_new ();
  g_autofree char *said = NULL, *same = NULL, *more = NULL;
  const char *source = "latentsrc num-buffers=2 dimensions=784:4";
  gsize n, m;

  check_resume (
      folder, "preset=unet-diffusion width=4 sampling-steps=3 learning-rate=0.05 guidance=1.5");
  check_classes (folder, 784, ",guidance=40");
  said = make (folder, source, "parameters=class=1", &n);
  same = make (folder, source, "parameters=class=1 guidance::value=1.5", &m);
  g_assert_cmpmem (said, n, same, m);
  more = make (folder, source, "parameters=class=1,guidance=90", &m);
  g_assert_cmpint (memcmp (said, more, n), !=, 0);
  scratch_remove (folder);
}

static void
test_fails (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *unknown = g_strdup_printf (
      SOURCE "modeltrainer preset=mlp conditional=true silent=true checkpoint=%s/a", 8, folder);
  g_autofree char *unlabelled = g_strdup_printf (SOURCE
      "modeltrainer preset=mlp conditional=true classes=2 silent=true checkpoint=%s/b",
      8, folder);
  g_autofree char *other = g_strdup_printf (SOURCE
      "modeltrainer preset=cleaner conditional=true classes=2 silent=true checkpoint=%s/c",
      8, folder);
  g_autofree char *a = play_to_error (unknown), *b = play_to_error (unlabelled),
                  *c = play_to_error (other);

  g_assert_nonnull (strstr (a, "conditional: the data does not say how many classes"));
  g_assert_nonnull (strstr (b, "is taught by classes, and a sample has none"));
  g_assert_nonnull (strstr (c, "preset cleaner has no use for it; it is for mlp"));
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/classes/latents", test_latents);
  g_test_add_func ("/classes/guidance", test_guidance);
  g_test_add_func ("/classes/fails", test_fails);
  return g_test_run ();
}
