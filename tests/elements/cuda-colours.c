/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames of several planes in a GPU's memory, against those that the CPU makes. The driver and the
 * device are emulated. */
#include <generative/plan.h>

#include "colours.h"

#define CUDA "video/x-raw(memory:CUDAMemory)"

/* What the CPU makes of `source`, and the device of what is `in_front` of it, in `caps`. */
static void
compare (const char *source, const char *in_front, const char *properties, const char *caps)
{
  const char *element = "generator kernels=rules precision=fp32";
  g_autofree char *cpu =
      g_strdup_printf ("%s ! %s device=cpu %s ! video/x-raw,%s", source, element, properties, caps);
  g_autofree char *copied = g_strdup_printf (
      "%s ! %s device=cuda %s ! video/x-raw,%s", source, element, properties, caps);
  g_autofree char *there =
      g_strdup_printf ("%s ! %s ! %s device=cuda %s ! " CUDA ",%s ! cudadownload ! video/x-raw,%s",
          source, in_front, element, properties, caps, caps);

  assert_same (copied, cpu, 1, 0.01);
  assert_same (there, copied, 0, 0);
}

static const char *const formats[] = { "format=NV12", "format=I420,colorimetry=bt709",
  "format=NV12,colorimetry=bt709,chroma-site=mpeg2", "format=RGBP" };

static void
test_made (void)
{
  static const struct {
    int width, height, pictures;
    gint64 batch;
  } cases[] = { { 20, 20, 1, -1 }, { 21, 19, 1, -1 }, { 14, 6, 5, -1 }, { 14, 6, 5, 1 } };
  g_autofree char *folder = g_dir_make_tmp ("cuda-colours-XXXXXX", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    char *path = save_latents (folder, cases[i].width, cases[i].height, cases[i].batch);

    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
      g_autofree char *properties = g_strdup_printf ("model=%s columns=3", path);
      g_autofree char *source =
          g_strdup_printf ("latentsrc num-buffers=3 dimensions=%d:%d", LENGTH, cases[i].pictures);

      compare (source, "identity", properties, formats[f]);
    }
    remove_model (path);
  }
  g_rmdir (folder);
}

static void
test_taken (void)
{
  g_autofree char *folder = g_dir_make_tmp ("cuda-colours-XXXXXX", NULL);
  char *path = save_pictures (folder, FALSE);

  for (gsize f = 0; f < 2 * G_N_ELEMENTS (formats); f++) {
    /* As a whole, and tile by tile. */
    g_autofree char *properties =
        g_strdup_printf ("model=%s%s", path, f % 2 == 0 ? "" : " tile=24x20");
    g_autofree char *source = g_strdup_printf ("videotestsrc num-buffers=2 pattern=smpte ! "
                                               "video/x-raw,%s,width=52,height=36",
        formats[f / 2]);

    compare (source, "cudaupload", properties, formats[f / 2]);
  }
  remove_model (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElementFactory) factory = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  factory = gst_element_factory_find ("cudaupload");
  if (!gen_device_cuda.available (&error) || factory == NULL) {
    g_print ("1..0 # SKIP %s\n",
        error != NULL ? error->message : "GStreamer's CUDA elements are not there");
    return 0;
  }
  g_test_add_func ("/cuda-colours/made", test_made);
  g_test_add_func ("/cuda-colours/taken", test_taken);
  return g_test_run ();
}
