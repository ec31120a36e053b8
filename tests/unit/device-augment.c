/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that are augmented on a device against what the CPU makes of them, in all formats, of odd
 * sizes and with gaps between rows. GEN_CUDA_MODULE says which module stands for the device. */
#include <generative/augment-device.h>
#include <generative/augment-policy.h>
#include <generative/random.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

enum { FRAMES = 12 };

typedef struct {
  const char *name;
  int channels, n_planes; /* of the first plane */
  int across, down;
  GenAugmentOrder order;
  gboolean v_first, full_range, cosited;
} Format;

static const Format formats[] = {
  { "GRAY8", 1, 1, 1, 1, GEN_AUGMENT_RGB },
  { "RGB", 3, 1, 1, 1, GEN_AUGMENT_RGB },
  { "BGR", 3, 1, 1, 1, GEN_AUGMENT_BGR },
  { "RGBA", 4, 1, 1, 1, GEN_AUGMENT_RGB },
  { "BGRx", 4, 1, 1, 1, GEN_AUGMENT_BGR },
  { "ARGB", 4, 1, 1, 1, GEN_AUGMENT_ARGB },
  { "xBGR", 4, 1, 1, 1, GEN_AUGMENT_ABGR },
  { "I420", 1, 3, 2, 2, GEN_AUGMENT_RGB },
  { "NV12", 1, 2, 2, 2, GEN_AUGMENT_RGB, FALSE, TRUE },
  { "NV21", 1, 2, 2, 2, GEN_AUGMENT_RGB, TRUE, FALSE, TRUE },
  { "Y42B", 1, 3, 2, 1, GEN_AUGMENT_RGB, FALSE, FALSE, TRUE },
  { "Y444", 1, 3, 1, 1, GEN_AUGMENT_RGB },
};

/* --- frames --- */

static int
extent_of (int extent, int sampling)
{
  return (extent + sampling - 1) / sampling;
}

/* A frame of random samples, smooth and with edges; its planes are to be freed. */
static GenAugmentFrame
new_frame (const Format *format, int width, int height, int gap, guint64 number)
{
  const GenRandom random = gen_random_new (number, "test", 0);
  GenAugmentFrame frame = { .width = width,
    .height = height,
    .n_planes = format->n_planes,
    .order = format->order,
    .v_first = format->v_first,
    .across = format->across,
    .down = format->down,
    .red = 0.2126,
    .blue = 0.0722,
    .full_range = format->full_range,
    .cosited_across = format->cosited };

  for (int p = 0; p < frame.n_planes; p++) {
    GenPicture *plane = &frame.planes[p];

    plane->width = p == 0 ? width : extent_of (width, format->across);
    plane->height = p == 0 ? height : extent_of (height, format->down);
    plane->channels = p == 0 ? format->channels : format->n_planes == 2 ? 2 : 1;
    plane->stride = plane->width * plane->channels + gap;
    plane->data = g_malloc0 ((gsize)plane->stride * (gsize)plane->height);
    for (int i = 0; i < plane->stride * plane->height; i++)
      plane->data[i] = (guint8)(128 + 90 * sin (i * 0.031 + p) +
                                (double)gen_random_below (&random, 0, (guint64)i, 37));
  }
  return frame;
}

static void
clear_frame (GenAugmentFrame *frame)
{
  for (int p = 0; p < frame->n_planes; p++)
    g_clear_pointer (&frame->planes[p].data, g_free);
}

/* No sample is farther off than `most`, none but a share of `often` is off at all, and what is
 * between rows is as it was. */
static void
assert_same (
    const GenAugmentFrame *a, const GenAugmentFrame *b, int most, double often, const char *what)
{
  gsize n = 0, off = 0;

  for (int p = 0; p < a->n_planes; p++)
    for (int i = 0; i < a->planes[p].stride * a->planes[p].height; i++) {
      const gboolean gap = i % a->planes[p].stride >= a->planes[p].width * a->planes[p].channels;
      const int difference = ABS (a->planes[p].data[i] - b->planes[p].data[i]);

      if (difference > (gap ? 0 : most))
        g_error ("%s: plane %d is off by %d at %d", what, p, difference, i);
      n++;
      off += difference > 0;
    }
  if ((double)off > often * (double)n)
    g_error ("%s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " samples are off", what, off, n);
}

/* --- draws --- */

static int
number_of (const char *name)
{
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);
  int i = 0;

  while (!g_str_equal (list[i]->name, name))
    i++;
  return i;
}

/* An amount of which much is seen. */
static double
amount_of (const GenAugmentation *augmentation)
{
  if (augmentation->choices != NULL)
    return augmentation->maximum;
  return g_str_equal (augmentation->name, "rotate")        ? 40
         : g_str_equal (augmentation->name, "hue")         ? 90
         : g_str_equal (augmentation->name, "perspective") ? 0.3
                                                           : MIN (augmentation->maximum / 3, 0.5);
}

static void
settings_of (GenAugmentSettings *settings, const char *const *names)
{
  gen_augment_settings_init (settings, &gen_medium_picture);
  settings->seed = 11;
  for (; *names != NULL; names++) {
    const int i = number_of (*names);

    settings->amounts[i] = amount_of (gen_augmentation_list (&gen_medium_picture)[i]);
  }
}

typedef struct {
  int most;
  double often;
} Bound;

/* On the device as by the plan on the CPU, and as gen_augment_render_frame within a bound. */
static void
compare (const GenAugmentSettings *settings, const Format *format, int width, int height, int gap,
    Bound bound, const char *what)
{
  g_autoptr (GenAugmentWorkspace) workspace = gen_augment_workspace_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("%s of %s, %d by %d", what, format->name, width, height);
  GenAugmentFrame like = new_frame (format, width, height, gap, 0);
  g_autoptr (GenAugmentDevice) cpu = gen_augment_device_new (NULL, &like, FALSE, &error);
  g_autoptr (GenAugmentDevice) cuda =
      gen_augment_device_new (&gen_device_cuda, &like, FALSE, &error);

  g_assert_no_error (error);
  clear_frame (&like);
  for (guint64 number = 0; number < FRAMES; number++) {
    GenAugmentFrame plain = new_frame (format, width, height, gap, number);
    GenAugmentFrame by_plan = new_frame (format, width, height, gap, number);
    GenAugmentFrame on_device = new_frame (format, width, height, gap, number);
    g_autofree GenAugmentPictureDraw *draw = g_new (GenAugmentPictureDraw, 1);

    gen_augment_draw_picture (settings, number, width, height, draw);
    g_assert_true (gen_augment_device_can (draw, &plain, NULL));
    g_assert_true (gen_augment_device_fits (cuda, &on_device));
    gen_augment_render_frame (draw, workspace, &plain);
    g_assert_true (gen_augment_device_render (cpu, draw, &by_plan, NULL, &error));
    g_assert_true (gen_augment_device_render (cuda, draw, &on_device, NULL, &error));
    assert_same (&by_plan, &plain, bound.most, bound.often, name);
    /* A GPU contracts products and sums. */
    assert_same (&on_device, &by_plan, 1, 0.01, name);
    clear_frame (&plain);
    clear_frame (&by_plan);
    clear_frame (&on_device);
  }
}

static gboolean
is_exact (const char *name, const Format *format)
{
  static const char *const moved[] = { "flip", "crop", "resized-crop", "scale", "rotate", "shear",
    "translate", NULL };
  static const char *const tables[] = { "brightness", "contrast", "gamma", "posterise", "solarise",
    "invert", NULL };

  return g_strv_contains (moved, name) || (format->n_planes == 1 && g_strv_contains (tables, name));
}

/* Each transform that has a kernel, in each format. */
static void
test_each (void)
{
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);

  for (int i = 0; list[i] != NULL; i++)
    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
      GenAugmentSettings settings;

      if (list[i]->on_device == GEN_AUGMENT_NONE_ON_DEVICE ||
          (list[i]->on_device == GEN_AUGMENT_COLOURS_ON_DEVICE && formats[f].n_planes > 1))
        continue;
      settings_of (&settings, (const char *const[]){ list[i]->name, NULL });
      compare (&settings, &formats[f], f % 2 == 0 ? 43 : 48, f % 2 == 0 ? 31 : 34,
          f % 3 == 0 ? 5 : 0,
          is_exact (list[i]->name, &formats[f]) ? (Bound){ 0, 0 } : (Bound){ 1, 0.05 },
          list[i]->name);
    }
}

/* All at once, and geometry again behind colours, which takes a run more. */
static void
test_together (void)
{
  static const char *const yuv[] = { "flip", "crop", "rotate", "shear", "perspective", "brightness",
    "contrast", "saturation", "hue", "invert", NULL };
  static const char *const rgb[] = { "flip", "crop", "rotate", "shear", "perspective", "brightness",
    "contrast", "saturation", "hue", "gamma", "posterise", "solarise", "invert", "channel-shuffle",
    NULL };

  for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
    GenAugmentSettings settings;

    settings_of (&settings, formats[f].n_planes > 1 ? yuv : rgb);
    /* What is off by one is so by more behind what spreads levels, and by any number where they
     * jump. */
    if (formats[f].n_planes == 1)
      settings.amounts[number_of ("posterise")] = settings.amounts[number_of ("solarise")] = 0;
    compare (&settings, &formats[f], 45, 37, 3, (Bound){ 3, 0.1 }, "all");
  }
}

static void
test_again (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "device-augment.json", NULL);
  g_autoptr (GenAugmentPolicy) policy = NULL;
  GenAugmentSettings settings;

  g_assert_true (g_file_set_contents (path,
      "{\"steps\": [{\"transform\": \"rotate\", \"amount\": 30},"
      " {\"transform\": \"brightness\", \"amount\": 0.3},"
      " {\"transform\": \"shear\", \"amount\": 10}, {\"transform\": \"invert\", \"amount\": 1}]}",
      -1, NULL));
  policy = gen_augment_policy_load (path, &error);
  g_assert_no_error (error);
  g_remove (path);
  gen_augment_settings_init (&settings, &gen_medium_picture);
  settings.policy = policy;
  compare (&settings, &formats[1], 45, 37, 3, (Bound){ 0, 0 }, "again");
  compare (&settings, &formats[8], 45, 37, 3, (Bound){ 1, 0.05 }, "again");
}

/* What is said of each transform is so. */
static void
test_said (void)
{
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);
  GenAugmentFrame rgb = new_frame (&formats[1], 48, 34, 0, 0);
  GenAugmentFrame nv12 = new_frame (&formats[8], 48, 34, 0, 0);

  for (int i = 0; list[i] != NULL; i++) {
    g_autofree GenAugmentPictureDraw *draw = g_new (GenAugmentPictureDraw, 1);
    GenAugmentSettings settings;
    const char *step = NULL;

    settings_of (&settings, (const char *const[]){ list[i]->name, NULL });
    for (guint64 number = 0; number < 20; number++) {
      gen_augment_draw_picture (&settings, number, 48, 34, draw);
      if (draw->n_steps == 0)
        continue;
      g_assert_cmpint (gen_augment_device_can (draw, &rgb, &step), ==,
          list[i]->on_device != GEN_AUGMENT_NONE_ON_DEVICE);
      g_assert_cmpint (gen_augment_device_can (draw, &nv12, NULL), ==,
          list[i]->on_device == GEN_AUGMENT_ALL_ON_DEVICE);
      if (list[i]->on_device == GEN_AUGMENT_NONE_ON_DEVICE)
        g_assert_cmpstr (step, ==, list[i]->name);
    }
  }
  clear_frame (&rgb);
  clear_frame (&nv12);
}

/* One pixel, one row, one column. */
static void
test_small (void)
{
  static const int sizes[][2] = { { 1, 1 }, { 1, 9 }, { 9, 1 }, { 2, 2 }, { 3, 2 } };

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
      GenAugmentSettings settings;

      settings_of (
          &settings, (const char *const[]){ "flip", "rotate", "scale", "brightness", NULL });
      compare (&settings, &formats[f], sizes[s][0], sizes[s][1], 0,
          (Bound){ formats[f].n_planes > 1 ? 1 : 0, 1 }, "small");
    }
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  if (!gen_device_cuda.available (&error)) {
    g_print ("1..0 # SKIP %s\n", error->message);
    return 0;
  }
  g_test_add_func ("/device-augment/each", test_each);
  g_test_add_func ("/device-augment/together", test_together);
  g_test_add_func ("/device-augment/again", test_again);
  g_test_add_func ("/device-augment/said", test_said);
  g_test_add_func ("/device-augment/small", test_small);
  return g_test_run ();
}
