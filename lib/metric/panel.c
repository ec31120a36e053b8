/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures to look at. A row each: the name, the value, and a curve between the least and the
 * greatest of the values that are kept. */
#include <generative/panel.h>

#include <math.h>
#include <string.h>

#include "glyphs.h"

/* Letters of a value: of a number with four digits that count. */
#define VALUE_LETTERS 10
/* Around everything, and between the columns, in pixels of a letter. */
#define MARGIN 4
#define GAP 6
#define CURVE_WIDTH 60
/* The curve stays within the row. */
#define CURVE_HEIGHT 8
/* Of other values than the last one. */
#define CURVE_INK 200

typedef struct {
  char *name;
  double *values; /* a ring of `history` */
  guint count, next;
  double last;
  char *said, *text; /* in its place: as it was put, and as it is written; or NULL */
} Figure;

struct _GenPanel {
  GPtrArray *figures; /* Figure, as they came */
  GPtrArray *shown;   /* those that are drawn: not owned */
  guint history;
  GenPicture picture;
};

static void
free_figure (gpointer data)
{
  Figure *figure = data;

  g_free (figure->name);
  g_free (figure->values);
  g_free (figure->said);
  g_free (figure->text);
  g_free (figure);
}

GenPanel *
gen_panel_new (guint history)
{
  GenPanel *panel = g_new0 (GenPanel, 1);

  panel->figures = g_ptr_array_new_with_free_func (free_figure);
  panel->shown = g_ptr_array_new ();
  panel->history = history;
  return panel;
}

void
gen_panel_free (GenPanel *panel)
{
  if (panel == NULL)
    return;
  g_ptr_array_unref (panel->shown);
  g_ptr_array_unref (panel->figures);
  gen_picture_clear (&panel->picture);
  g_free (panel);
}

void
gen_panel_clear (GenPanel *panel)
{
  g_ptr_array_set_size (panel->figures, 0);
}

void
gen_panel_set_history (GenPanel *panel, guint history)
{
  if (panel->history == history)
    return;
  panel->history = history;
  for (guint i = 0; i < panel->figures->len; i++) {
    Figure *figure = panel->figures->pdata[i];

    g_free (figure->values);
    figure->values = g_new (double, history);
    figure->count = figure->next = 0;
  }
}

guint
gen_panel_count (const GenPanel *panel)
{
  return panel->figures->len;
}

static Figure *
find_figure (const GenPanel *panel, const char *name)
{
  for (guint i = 0; i < panel->figures->len; i++)
    if (g_str_equal (((Figure *)panel->figures->pdata[i])->name, name))
      return panel->figures->pdata[i];
  return NULL;
}

/* One that is new has no value yet. */
static Figure *
figure_of (GenPanel *panel, const char *name)
{
  Figure *figure = find_figure (panel, name);

  if (figure != NULL)
    return figure;
  figure = g_new0 (Figure, 1);
  figure->name = g_strdup (name);
  figure->values = g_new (double, panel->history);
  g_ptr_array_add (panel->figures, figure);
  return figure;
}

void
gen_panel_put_text (GenPanel *panel, const char *name, const char *text)
{
  Figure *figure = figure_of (panel, name);
  g_autofree char *valid = NULL;

  if (g_strcmp0 (figure->said, text) == 0)
    return;
  g_free (figure->said);
  g_free (figure->text);
  figure->said = g_strdup (text);
  valid = g_utf8_make_valid (text, -1);
  figure->text = g_str_to_ascii (valid, "C");
}

void
gen_panel_put (GenPanel *panel, const char *name, double value)
{
  Figure *figure = figure_of (panel, name);

  figure->last = value;
  if (panel->history == 0)
    return;
  figure->values[figure->next] = value;
  figure->next = (figure->next + 1) % panel->history;
  figure->count = MIN (figure->count + 1, panel->history);
}

/* --- drawing --- */

static void
choose_figures (GenPanel *panel, const char *const *names)
{
  g_ptr_array_set_size (panel->shown, 0);
  if (names == NULL) {
    for (guint i = 0; i < panel->figures->len; i++)
      g_ptr_array_add (panel->shown, panel->figures->pdata[i]);
    return;
  }
  for (; *names != NULL; names++) {
    Figure *figure = find_figure (panel, *names);

    if (figure != NULL)
      g_ptr_array_add (panel->shown, figure);
  }
}

static int
count_name_letters (const GenPanel *panel)
{
  gsize longest = 0;

  for (guint i = 0; i < panel->shown->len; i++)
    longest = MAX (longest, strlen (((Figure *)panel->shown->pdata[i])->name));
  return (int)longest;
}

/* In pixels of a letter. */
static void
measure (const GenPanel *panel, int *width, int *height)
{
  *width = 2 * MARGIN + (count_name_letters (panel) + 1 + VALUE_LETTERS) * GEN_GLYPH_WIDTH +
           (panel->history > 0 ? GAP + CURVE_WIDTH : 0);
  *height = 2 * MARGIN + (int)panel->shown->len * GEN_GLYPH_HEIGHT;
}

/* The k-th value that is kept, the oldest first. */
static double
value_at (const GenPanel *panel, const Figure *figure, guint k)
{
  return figure->values[(figure->next + panel->history - figure->count + k) % panel->history];
}

static void
draw_vertical (GenPicture *grey, int x, int from, int to, int width)
{
  for (int y = MIN (from, to); y <= MAX (from, to); y++)
    for (int i = 0; i < width; i++)
      if (x + i >= 0 && x + i < grey->width && y >= 0 && y < grey->height)
        grey->data[(gssize)y * grey->stride + x + i] = CURVE_INK;
}

static void
draw_curve (GenPanel *panel, const Figure *figure, int left, int top, int scale)
{
  const int height = CURVE_HEIGHT * scale - 1, width = CURVE_WIDTH * scale;
  double least = INFINITY, greatest = -INFINITY;
  int last = -1;

  for (guint k = 0; k < figure->count; k++) {
    const double value = value_at (panel, figure, k);

    if (!isfinite (value))
      continue;
    least = fmin (least, value);
    greatest = fmax (greatest, value);
  }
  for (int x = 0; x < width && figure->count > 0 && least <= greatest; x++) {
    /* Where the panel is not full yet, the curve grows from the left. */
    const guint k = (guint)((gint64)x * panel->history / width);
    const double value = k < figure->count ? value_at (panel, figure, k) : NAN;
    const double share = greatest > least ? (value - least) / (greatest - least) : 0.5;
    const int y = isfinite (value) ? top + (int)lround ((1 - share) * height) : -1;

    if (y >= 0)
      draw_vertical (&panel->picture, left + x, last >= 0 ? last : y, y, scale);
    last = y;
  }
}

/* Over the places of value and curve. */
static void
draw_text (GenPanel *panel, const Figure *figure, int left, int top, int scale)
{
  const int width = VALUE_LETTERS * GEN_GLYPH_WIDTH + (panel->history > 0 ? GAP + CURVE_WIDTH : 0);
  g_autofree char *text = g_strndup (figure->text, (gsize)(width / GEN_GLYPH_WIDTH));

  gen_glyphs_draw (&panel->picture, left, top, scale, text);
}

static void
draw_figure (GenPanel *panel, const Figure *figure, int row, int name_letters, int scale)
{
  const int top = (MARGIN + row * GEN_GLYPH_HEIGHT) * scale;
  int left = MARGIN * scale;
  char digits[G_ASCII_DTOSTR_BUF_SIZE] = "-", value[G_ASCII_DTOSTR_BUF_SIZE];

  gen_glyphs_draw (&panel->picture, left, top, scale, figure->name);
  if (figure->text != NULL) {
    draw_text (panel, figure, left + (name_letters + 1) * GEN_GLYPH_WIDTH * scale, top, scale);
    return;
  }
  if (isfinite (figure->last))
    g_ascii_formatd (digits, sizeof digits, "%.4g", figure->last);
  g_snprintf (value, sizeof value, "%*s", VALUE_LETTERS, digits);
  left += (name_letters + 1) * GEN_GLYPH_WIDTH * scale;
  gen_glyphs_draw (&panel->picture, left, top, scale, value);
  left += (VALUE_LETTERS * GEN_GLYPH_WIDTH + GAP) * scale;
  if (panel->history > 0)
    draw_curve (panel, figure, left, top, scale);
}

/* The greatest scale up to `scale` that fits, with fewer figures where even 1 does not; 0: none. */
static int
fit (GenPanel *panel, int scale, int width, int height)
{
  int needed_width, needed_height;

  for (;;) {
    measure (panel, &needed_width, &needed_height);
    if (panel->shown->len == 0)
      return 0;
    for (int s = scale; s > 0; s--)
      if (needed_width * s <= width && needed_height * s <= height)
        return s;
    g_ptr_array_set_size (panel->shown, (gint)panel->shown->len - 1);
  }
}

const GenPicture *
gen_panel_draw (GenPanel *panel, const char *const *names, int scale, int width, int height)
{
  GenPicture *picture = &panel->picture;
  int wanted_width = 0, wanted_height = 0, letters;

  choose_figures (panel, names);
  scale = fit (panel, scale, width, height);
  letters = count_name_letters (panel);
  if (scale > 0)
    measure (panel, &wanted_width, &wanted_height);
  wanted_width *= scale;
  wanted_height *= scale;
  if (picture->width != wanted_width || picture->height != wanted_height) {
    gen_picture_clear (picture);
    *picture = (GenPicture){ 0 };
    if (wanted_width > 0)
      gen_picture_init (picture, wanted_width, wanted_height, 1);
  }
  for (int y = 0; y < wanted_height; y++)
    memset (picture->data + (gssize)y * picture->stride, 0, (gsize)wanted_width);
  for (guint i = 0; i < panel->shown->len && scale > 0; i++)
    draw_figure (panel, panel->shown->pdata[i], (int)i, letters, scale);
  return picture;
}
