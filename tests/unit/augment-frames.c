/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames as video has them: each transform in each layout, of any size down to a pixel, writes
 * nothing but samples, and the same whatever is in its workspace. */
#include <generative/augment-mix.h>

#include <string.h>

enum { PADDING = 5, GUARD = 0xa5 };

typedef struct {
  const char *name;
  int channels, n_planes, across, down;
  GenAugmentOrder order;
  gboolean v_first;
} Layout;

static const Layout layouts[] = {
  { "grey", 1, 1, 1, 1, GEN_AUGMENT_RGB, FALSE },
  { "RGB", 3, 1, 1, 1, GEN_AUGMENT_RGB, FALSE },
  { "BGR", 3, 1, 1, 1, GEN_AUGMENT_BGR, FALSE },
  { "RGBA", 4, 1, 1, 1, GEN_AUGMENT_RGB, FALSE },
  { "ABGR", 4, 1, 1, 1, GEN_AUGMENT_ABGR, FALSE },
  { "I420", 1, 3, 2, 2, GEN_AUGMENT_RGB, FALSE },
  { "NV12", 1, 2, 2, 2, GEN_AUGMENT_RGB, FALSE },
  { "NV21", 1, 2, 2, 2, GEN_AUGMENT_RGB, TRUE },
  { "Y42B", 1, 3, 2, 1, GEN_AUGMENT_RGB, FALSE },
  { "Y444", 1, 3, 1, 1, GEN_AUGMENT_RGB, FALSE },
};

static const int sizes[][2] = { { 1, 1 }, { 2, 1 }, { 1, 2 }, { 3, 5 }, { 17, 9 }, { 64, 48 },
  { 259, 3 } };

static GenAugmentFrame
new_frame (const Layout *layout, int width, int height)
{
  GenAugmentFrame frame = { .width = width,
    .height = height,
    .n_planes = layout->n_planes,
    .v_first = layout->v_first,
    .order = layout->order,
    .across = layout->across,
    .down = layout->down,
    .red = 0.2126,
    .blue = 0.0722,
    .cosited_across = TRUE };

  for (int p = 0; p < layout->n_planes; p++) {
    GenPicture *plane = &frame.planes[p];

    plane->width = p > 0 ? (width + layout->across - 1) / layout->across : width;
    plane->height = p > 0 ? (height + layout->down - 1) / layout->down : height;
    plane->channels = p > 0 && layout->n_planes == 2 ? 2 : layout->channels;
    plane->stride = plane->width * plane->channels + PADDING;
    plane->data = g_malloc ((gsize)plane->stride * (gsize)plane->height);
    for (int i = 0; i < plane->stride * plane->height; i++)
      plane->data[i] =
          i % plane->stride < plane->stride - PADDING ? (guint8)(i * 37 + i / 11 + p) : GUARD;
  }
  return frame;
}

static void
frame_clear (GenAugmentFrame *frame)
{
  for (int p = 0; p < frame->n_planes; p++)
    g_free (frame->planes[p].data);
}

static void
assert_same (const GenAugmentFrame *a, const GenAugmentFrame *b)
{
  for (int p = 0; p < a->n_planes; p++) {
    const GenPicture *plane = &a->planes[p];

    g_assert_cmpmem (plane->data, (gsize)plane->stride * (gsize)plane->height, b->planes[p].data,
        (gsize)plane->stride * (gsize)plane->height);
    for (int y = 0; y < plane->height; y++)
      for (int i = 1; i <= PADDING; i++)
        g_assert_cmpint (plane->data[(y + 1) * plane->stride - i], ==, GUARD);
  }
}

/* Some frames, by a workspace that has done others and by a new one. */
static void
check_frames (const GenAugmentSettings *settings, GenAugmentWorkspace *used)
{
  GenAugmentPictureDraw *draw = g_new (GenAugmentPictureDraw, 1);

  for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (gsize k = 0; k < G_N_ELEMENTS (layouts); k++)
      for (guint64 number = 0; number < 2; number++) {
        const int width = sizes[s][0], height = sizes[s][1];
        g_autoptr (GenAugmentWorkspace) fresh = gen_augment_workspace_new ();
        GenAugmentFrame frame = new_frame (&layouts[k], width, height);
        GenAugmentFrame again = new_frame (&layouts[k], width, height);

        gen_augment_draw_picture (settings, number, width, height, draw);
        gen_augment_render_frame (draw, used, &frame);
        gen_augment_render_frame (draw, fresh, &again);
        assert_same (&frame, &again);
        frame_clear (&frame);
        frame_clear (&again);
      }
  g_free (draw);
}

static void
test_each (void)
{
  g_autoptr (GenAugmentWorkspace) used = gen_augment_workspace_new ();
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);

  for (int i = 0; list[i] != NULL; i++) {
    GenAugmentSettings settings;

    gen_augment_settings_init (&settings, &gen_medium_picture);
    settings.amounts[i] = list[i]->maximum;
    check_frames (&settings, used);
  }
}

/* Every other one, so that runs of each kind follow each other. */
static void
test_together (void)
{
  g_autoptr (GenAugmentWorkspace) used = gen_augment_workspace_new ();

  for (int odd = 0; odd < 2; odd++) {
    const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_picture);
    GenAugmentSettings settings;

    gen_augment_settings_init (&settings, &gen_medium_picture);
    for (int i = 0; list[i] != NULL; i++)
      settings.amounts[i] = i % 2 == odd ? list[i]->maximum / 2 : 0;
    check_frames (&settings, used);
  }
}

/* A frame that is mixed with its likes stays as it is. */
static void
test_mixed_with_itself (void)
{
  const GenAugmentMixing *const *list = gen_augment_mixing_list ();

  for (int m = 0; list[m] != NULL; m++)
    for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (gsize k = 0; k < G_N_ELEMENTS (layouts); k++) {
        const GenAugmentMixSettings settings = { .mixing = list[m], .probability = 1, .seed = s };
        GenAugmentFrame frame = new_frame (&layouts[k], sizes[s][0], sizes[s][1]);
        GenAugmentFrame other = new_frame (&layouts[k], sizes[s][0], sizes[s][1]);
        const GenAugmentFrame partners[] = { other, other, other };
        GenAugmentMixDraw draw;

        gen_augment_mix_draw (&settings, k, frame.width, frame.height, &draw);
        gen_augment_mix_frames (&draw, &frame, partners);
        assert_same (&frame, &other);
        frame_clear (&frame);
        frame_clear (&other);
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/augment-frames/each", test_each);
  g_test_add_func ("/augment-frames/together", test_together);
  g_test_add_func ("/augment-frames/mixed-with-itself", test_mixed_with_itself);
  return g_test_run ();
}
