/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* modeltrainer with recipes that make pictures anew: what it writes, tells and shows, resuming, and
 * generator playing its models. */
#include "trainings.h"

/* Ten steps in one go and in two are the same bits, warm-up included. */
static void
check_resume (const char *settings)
{
  const char *format = SOURCE "modeltrainer device=cpu batch-size=8 latent-size=4 silent=true "
                              "seed=3 %s checkpoint=%s max-steps=%d %s";
  g_autofree char *whole = scratch_new (), *parts = scratch_new ();
  g_autofree char *all = g_strdup_printf (format, 80, settings, whole, 10, "");
  g_autofree char *first = g_strdup_printf (format, 80, settings, parts, 4, "");
  g_autofree char *second = g_strdup_printf (format, 80, settings, parts, 10, "resume=true");

  play (all, NULL);
  play (first, NULL);
  play (second, NULL);
  assert_same (whole, parts, GEN_CHECKPOINT_STATE);
  assert_same (whole, parts, "encoder.onnx");
  assert_same (whole, parts, "decoder.onnx");
  scratch_remove (whole);
  scratch_remove (parts);
}

static void
test_resume (void)
{
  check_resume ("preset=vae beta=0.5 beta-warm-up=6 free-bits=0.01 ema=0.9");
  check_resume ("preset=autoencoder width=2 reconstruction=ssim");
  check_resume ("preset=vq-vae width=2 codes=8");
  check_resume ("preset=vq-vae width=2 codes=8 codebook-decay=0.9");
}

/* Both figures of a step and of a validation are told. */
static void
test_told (void)
{
  static const char *const figures[] = { "loss", "reconstruction", "divergence", NULL };
  static const char *const validated[] = { "loss-on-validation", "reconstruction-on-validation",
    "divergence-on-validation", "frechet", NULL };
  Told progress = { "progress", figures }, validation = { "validation", validated };
  const char *format = "modeltrainer name=t preset=vae device=cpu batch-size=8 silent=true "
                       "checkpoint=%s %s " SOURCE "t.sink " SOURCE "t.validation";
  g_autofree char *folder = scratch_new ();
  g_autofree char *first = g_strdup_printf (format, folder, "", 40, 24);
  g_autofree char *second = g_strdup_printf (format, folder, "overwrite=true", 40, 24);

  play (first, &progress);
  g_assert_cmpuint (progress.n, >=, 1);
  play (second, &validation);
  g_assert_cmpuint (validation.n, ==, 1);
  scratch_remove (folder);
}

/* The preview has each picture beside what becomes of it: columns are two, however odd they were
 * asked for. */
static void
test_preview (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch =
      g_strdup_printf (SOURCE "modeltrainer preset=autoencoder width=2 device=cpu batch-size=8 "
                              "silent=true preview-columns=3 "
                              "preview-rows=2 checkpoint=%s ! filesink location=%s/wall.raw",
          16, folder, folder);
  g_autofree char *source = g_strdup_printf (SOURCE "filesink location=%s/source.raw", 1, folder);
  g_autofree char *walls = NULL, *picture = NULL;
  const char *last;
  gsize size, n;

  play (launch, NULL);
  play (source, NULL);
  walls = read_file (folder, "wall.raw", &size);
  picture = read_file (folder, "source.raw", &n);
  g_assert_cmpuint (n, ==, 28 * 28);
  g_assert_cmpuint (size, >=, 4 * n);
  g_assert_cmpuint (size % (4 * n), ==, 0);
  last = walls + size - 4 * n;
  for (int y = 0; y < 28; y++) {
    g_assert_cmpmem (last + y * 56, 28, picture + y * 28, 28);
    g_assert_cmpint (memcmp (last + y * 56 + 28, picture + y * 28, 28), !=, 0);
  }
  scratch_remove (folder);
}

/* Latents of pictures are tensors that the decoder takes, and both models in one element make the
 * same pictures. */
static void
test_plays (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *train = g_strdup_printf (SOURCE
      "modeltrainer preset=vae device=cpu latent-size=4 batch-size=8 silent=true checkpoint=%s",
      16, folder);
  g_autofree char *apart = g_strdup_printf (SOURCE
      "generator model=%s/encoder.onnx outputs=mean ! "
      "other/tensors ! "
      "generator model=%s/decoder.onnx ! video/x-raw,format=GRAY8,width=28,height=28 ! "
      "filesink location=%s/apart",
      5, folder, folder, folder);
  g_autofree char *together = g_strdup_printf (SOURCE
      "generator model=%s/encoder.onnx chain=decoder.onnx ! "
      "video/x-raw,format=GRAY8,width=28,height=28 ! filesink location=%s/together",
      5, folder, folder);
  g_autofree char *drawn = g_strdup_printf ("latentsrc num-buffers=5 ! "
                                            "generator model=%s/decoder.onnx ! "
                                            "video/x-raw,format=GRAY8,width=28,height=28 ! "
                                            "filesink location=%s/drawn",
      folder, folder);
  g_autofree char *a = NULL, *b = NULL, *c = NULL;
  gsize n, m;

  play (train, NULL);
  play (apart, NULL);
  play (together, NULL);
  play (drawn, NULL);
  a = read_file (folder, "apart", &n);
  b = read_file (folder, "together", &m);
  g_assert_cmpuint (n, ==, 5 * 28 * 28);
  g_assert_cmpuint (m, ==, n);
  for (gsize i = 0; i < n; i++)
    g_assert_cmpint (ABS ((guint8)a[i] - (guint8)b[i]), <=, 1);
  c = read_file (folder, "drawn", &m);
  g_assert_cmpuint (m, ==, n);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/autoencoders/resume", test_resume);
  g_test_add_func ("/autoencoders/told", test_told);
  g_test_add_func ("/autoencoders/preview", test_preview);
  g_test_add_func ("/autoencoders/plays", test_plays);
  return g_test_run ();
}
