/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model report: which run is better, what it says of reports that are not whole, and
 * that the page needs nothing else. */
#include <math.h>
#include <unistd.h>

#include <generative/event-file.h>

#include "tool.h"

static void
write_file (const Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = path_in (fixture, name);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static char *
read_file (const Fixture *fixture, const char *name)
{
  g_autofree char *path = path_in (fixture, name);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

/* A picture of 4 by 2 as a report has it. (transfer full) */
static char *
picture_text (void)
{
  g_auto (GenPicture) picture = { 0 };
  g_autoptr (GBytes) png = NULL;

  gen_picture_init (&picture, 4, 2, 1);
  png = gen_picture_encode_png (&picture, NULL);
  return g_base64_encode (g_bytes_get_data (png, NULL), g_bytes_get_size (png));
}

/* Two of which one is sharper, and the other one nearer to what is real. */
static void
write_reports (const Fixture *fixture)
{
  g_autofree char *png = picture_text ();
  g_autofree char *first = g_strdup_printf (
      "{\"frame\":0,\"pts\":0,\"sharpness\":10,\"brightness\":0.5}\n"
      "{\"alert\":{\"condition\":\"sharpness<15\",\"name\":\"sharpness\",\"state\":\"begin\","
      "\"value\":10.0,\"bound\":15.0,\"since\":0,\"pts\":0,\"frame\":0}}\n"
      "{\"frame\":1,\"pts\":500000000,\"sharpness\":20,\"brightness\":0.5}\n"
      "{\"example\":{\"frame\":1,\"pts\":500000000,\"of\":{\"sharpness\":\"highest\"},"
      "\"spread\":true,\"media-type\":\"image/png\",\"data\":\"%s\"}}\n"
      "{\"nearest-pair\":{\"distance\":0.0125,\"frame\":1,\"reference\":\"real & true.png\","
      "\"data\":\"%s\",\"reference-data\":\"%s\"}}\n"
      "{\"summary\":{\"frames\":2,\"sharpness\":{\"mean\":15.0,\"standard-deviation\":7.0,"
      "\"minimum\":10.0,\"maximum\":20.0},\"frechet\":0.5,\"frechet-features\":\"a<b\"}}\n",
      png, png, png);

  write_file (fixture, "first.jsonl", first);
  write_file (fixture, "second.jsonl",
      "{\"frame\":0,\"pts\":0,\"sharpness\":30,\"brightness\":0.5}\n"
      "{\"frame\":1,\"pts\":500000000,\"sharpness\":40,\"brightness\":0.6}\n"
      "{\"summary\":{\"frames\":2,\"sharpness\":{\"mean\":35.0,\"standard-deviation\":7.0,"
      "\"minimum\":30.0,\"maximum\":40.0},\"frechet\":0.7,\"frechet-features\":\"a<b\"}}\n");
}

static JsonObject *
figure_of (JsonNode *node, const char *name)
{
  JsonArray *figures = json_object_get_array_member (json_node_get_object (node), "figures");

  for (guint i = 0; i < json_array_get_length (figures); i++) {
    JsonObject *figure = json_array_get_object_element (figures, i);

    if (g_str_equal (json_object_get_string_member (figure, "name"), name))
      return figure;
  }
  g_error ("there is no %s", name);
}

static void
test_best (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *sharpness, *brightness;

  write_reports (fixture);
  g_assert_cmpint (tool (fixture, "report", "first.jsonl", "second.jsonl", "--json", NULL), ==, 0);
  node = parse_json (fixture->out);
  sharpness = figure_of (node, "sharpness");
  g_assert_cmpstr (json_object_get_string_member (sharpness, "best"), ==, "B");
  g_assert_cmpstr (json_object_get_string_member (sharpness, "better"), ==, "higher");
  g_assert_cmpfloat (
      json_object_get_double_member (
          json_object_get_object_member (json_object_get_object_member (sharpness, "runs"), "A"),
          "mean"),
      ==, 15);
  g_assert_cmpstr (json_object_get_string_member (figure_of (node, "frechet"), "best"), ==, "A");
  /* Neither brightness is better, and this one the summary does not tell: it is of the lines. */
  brightness = figure_of (node, "brightness");
  g_assert_false (json_object_has_member (brightness, "best"));
  g_assert_cmpfloat (
      json_object_get_double_member (
          json_object_get_object_member (json_object_get_object_member (brightness, "runs"), "B"),
          "mean"),
      ==, 0.55);
}

/* Of figures that models made, the summary says which is better; whatever else it says is no help.
 */
static void
test_scorers (Fixture *fixture, gconstpointer data)
{
  static const char *const said[] = { "{\"SIG\":{\"better\":\"higher\"}}",
    "{\"SIG\":{\"better\":\"lower\"}}", "{\"SIG\":{\"better\":\"best\"}}",
    "{\"SIG\":{\"better\":1}}", "{\"SIG\":{\"better\":{}}}", "{\"SIG\":[]}", "{}", "7" };

  for (gsize i = 0; i < G_N_ELEMENTS (said); i++) {
    g_autoptr (JsonNode) node = NULL;
    JsonObject *figure;

    for (int k = 0; k < 2; k++) {
      g_autofree char *text = g_strdup_printf (
          "{\"frame\":0,\"pts\":0,\"SIG\":%d}\n"
          "{\"summary\":{\"frames\":1,\"SIG\":{\"mean\":%d.5,\"standard-deviation\":0,"
          "\"minimum\":1,\"maximum\":1},\"scorers\":%s}}\n",
          k + 1, k + 1, said[i]);

      write_file (fixture, k == 0 ? "a.jsonl" : "b.jsonl", text);
    }
    g_assert_cmpint (tool (fixture, "report", "a.jsonl", "b.jsonl", "--json", NULL), ==, 0);
    node = parse_json (fixture->out);
    figure = figure_of (node, "SIG");
    g_assert_true (json_object_has_member (figure, "best") == (i < 2));
    if (i < 2)
      g_assert_cmpstr (json_object_get_string_member (figure, "best"), ==, i == 0 ? "B" : "A");
  }
}

static void
test_text (Fixture *fixture, gconstpointer data)
{
  write_reports (fixture);
  g_assert_cmpint (tool (fixture, "report", "first.jsonl", "second.jsonl", NULL), ==, 0);
  assert_says (fixture->out, "B  second.jsonl: 2 frames, up to 0.5 s");
  assert_says (fixture->out, "35 ± 7 *");
  assert_says (fixture->out, "A  alert begin: sharpness<15 at 0 s, by 10");
}

/* One run alone has nothing to be better than; nor has a tie. */
static void
test_no_best (Fixture *fixture, gconstpointer data)
{
  write_reports (fixture);
  g_assert_cmpint (tool (fixture, "report", "first.jsonl", NULL), ==, 0);
  g_assert_null (strchr (fixture->out, '*'));
  g_assert_cmpint (tool (fixture, "report", "first.jsonl", "first.jsonl", NULL), ==, 0);
  g_assert_null (strchr (fixture->out, '*'));
}

/* No address, script or style sheet that is elsewhere, and names are no markup. */
static void
test_page (Fixture *fixture, gconstpointer data)
{
  g_autofree char *page = NULL;

  write_reports (fixture);
  g_assert_cmpint (
      tool (fixture, "report", "first.jsonl", "second.jsonl", "--html", "page.html", NULL), ==, 0);
  page = read_file (fixture, "page.html");
  g_assert_null (strstr (page, "http"));
  g_assert_null (strstr (page, "<script"));
  g_assert_null (strstr (page, "<link"));
  g_assert_null (strstr (page, "a<b"));
  assert_says (page, "a&lt;b");
  assert_says (page, "35 ± 7 ★");
  assert_says (page, "stroke-dasharray=\"7 3\"");
  assert_says (page, "<symbol id=\"A0\" viewBox=\"0 0 4 2\">");
  assert_says (page, "<use href=\"#A0\"/>");
  assert_says (page, "<b>20</b>, 0.50 s");
  assert_says (page, "alt=\"of the reference\"");
  assert_says (page, "<b>0.0125</b>, frame 1 | real &amp; true.png");
}

/* A file whose writer was killed tells what there is. */
static void
test_cut (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "cut.jsonl",
      "{\"frame\":0,\"pts\":0,\"sharpness\":10}\n{\"frame\":1,\"pts\":5,\"sharpness\":20}\n{\"fra");
  g_assert_cmpint (tool (fixture, "report", "cut.jsonl", NULL), ==, 0);
  assert_says (fixture->out, "cut.jsonl: 2 frames, up to 5e-09 s, no summary");
  assert_says (fixture->out, "15 ± 7.07");
  assert_says (fixture->err, "the last line is not whole");
}

static void
test_refused (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "text.jsonl", "{\"frame\":0,\"sharpness\":10}\nhello\n{}\n");
  write_file (fixture, "empty.jsonl", "");
  g_assert_cmpint (tool (fixture, "report", "text.jsonl", NULL), ==, 1);
  assert_says (fixture->err, "text.jsonl: line 2 is no object of JSON");
  g_assert_cmpint (tool (fixture, "report", "empty.jsonl", NULL), ==, 1);
  assert_says (fixture->err, "empty.jsonl: there is no measurement");
  g_assert_cmpint (tool (fixture, "report", "nothing.jsonl", NULL), ==, 1);
  assert_says (fixture->err, "nothing.jsonl");
  g_assert_cmpint (tool (fixture, "report", NULL), ==, 2);
  write_reports (fixture);
  g_assert_cmpint (
      tool (fixture, "report", "first.jsonl", "--html", "nowhere/page.html", NULL), ==, 1);
  assert_says (fixture->err, "nowhere/page.html");
}

/* Brackets beyond all measure end no stack, numbers that nobody counts with are none, and whole
 * ones that 64 bits do not hold keep their sign. */
static void
test_numbers (Fixture *fixture, gconstpointer data)
{
  g_autofree char *brackets = g_strnfill (1000000, '['), *digits = g_strnfill (100000, '9');
  g_autofree char *deep = g_strdup_printf ("{\"frame\":0,\"x\":1}\n{\"x\":%s\n", brackets);
  g_autofree char *long_number = g_strdup_printf ("{\"frame\":0}\n{\"x\":%s}\n", digits);
  g_autofree char *comparison = g_strdup_printf ("{\n\"x\":%s\n", brackets);

  write_file (fixture, "deep.jsonl", deep);
  g_assert_cmpint (tool (fixture, "report", "deep.jsonl", NULL), ==, 1);
  assert_says (fixture->err, "deep.jsonl: line 2 is no object of JSON: there are more than 64");
  write_file (fixture, "comparison.json", comparison);
  g_assert_cmpint (tool (fixture, "report", "comparison.json", NULL), ==, 1);
  assert_says (fixture->err, "there are more than 64 brackets");
  write_file (fixture, "training.json", brackets);
  g_assert_cmpint (tool (fixture, "report", "training.json", NULL), ==, 1);
  assert_says (fixture->err, "there are more than 64 brackets");
  write_file (fixture, "long.jsonl", long_number);
  g_assert_cmpint (tool (fixture, "report", "long.jsonl", NULL), ==, 1);
  assert_says (fixture->err, "long.jsonl: line 2 is no object of JSON: a number is larger");
  write_file (fixture, "endless.jsonl", "{\"frame\":0}\n{\"x\":-1.5e999}\n");
  g_assert_cmpint (tool (fixture, "report", "endless.jsonl", NULL), ==, 1);
  assert_says (fixture->err, "endless.jsonl: line 2 is no object of JSON: a number is larger");
  write_file (fixture, "large.jsonl", "{\"frame\":0,\"sharpness\":99999999999999999999}\n");
  g_assert_cmpint (tool (fixture, "report", "large.jsonl", NULL), ==, 0);
  assert_says (fixture->out, " 1e+20");
}

/* The page is never written over what it is made of, whatever the file is called. */
static void
test_itself (Fixture *fixture, gconstpointer data)
{
  g_autofree char *link = path_in (fixture, "link.html"), *before = NULL, *after = NULL;

  write_reports (fixture);
  before = read_file (fixture, "second.jsonl");
  g_assert_cmpint (symlink ("second.jsonl", link), ==, 0);
  g_assert_cmpint (
      tool (fixture, "report", "first.jsonl", "second.jsonl", "--html", "./second.jsonl", NULL), ==,
      1);
  assert_says (fixture->err, "--html ./second.jsonl: this is the report itself");
  g_assert_cmpint (
      tool (fixture, "report", "first.jsonl", "second.jsonl", "--html", "link.html", NULL), ==, 1);
  after = read_file (fixture, "second.jsonl");
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpint (tool (fixture, "report", "first.jsonl", "--html", "page.html", NULL), ==, 0);
  g_assert_cmpint (tool (fixture, "report", "first.jsonl", "--html", "page.html", NULL), ==, 0);
}

/* A log that is cut off, or empty, is told of, and a name that is no UTF-8 becomes one. */
static void
test_cut_log (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = path_in (fixture, "log"), *text = NULL;
  g_autoptr (GenEventFile) events = gen_event_file_new (folder, 0, NULL);
  const char *path = gen_event_file_get_path (events);
  g_autoptr (JsonNode) node = NULL;
  gsize length;

  g_assert_true (gen_event_file_scalar (events, 1, "loss\xff\xfe", 1, NULL));
  g_assert_true (gen_event_file_scalar (events, 2, "loss\xff\xfe", 2, NULL));
  g_assert_cmpint (tool (fixture, "report", "log", "--json", NULL), ==, 0);
  g_assert_null (strstr (fixture->err, "warning"));
  g_assert_true (g_utf8_validate (fixture->out, -1, NULL));
  node = parse_json (fixture->out);
  figure_of (node, "loss\357\277\275\357\277\275");
  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  for (gsize cut = 1; cut <= 16; cut += 5) {
    g_assert_true (g_file_set_contents (path, text, (gssize)(length - cut), NULL));
    g_assert_cmpint (tool (fixture, "report", "log", NULL), ==, 0);
    assert_says (fixture->err, "warning: log: a log is empty, or ends within a record");
    assert_says (fixture->out, "a training of 1 steps");
  }
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_cmpint (tool (fixture, "report", "log", NULL), ==, 0);
  assert_says (fixture->err, "warning: log: a log is empty, or ends within a record");
}

/* What of a picture is no base64 does not get into the page. */
static void
test_hostile (Fixture *fixture, gconstpointer data)
{
  g_autofree char *page = NULL;

  write_file (fixture, "evil.jsonl",
      "{\"frame\":0,\"sharpness\":10,\"<script>\":1}\n{\"frame\":1,\"sharpness\":11,\"<script>\":2}"
      "\n"
      "{\"example\":{\"frame\":0,\"of\":[],\"media-type\":\"image/png\","
      "\"data\":\"iVBORw0KGgoAAAANSUhEUgAAAAQAAAACCAAAAADJZ\\\"><script>alert (1)</script>\"}}\n"
      "{\"nearest-pair\":{\"distance\":\"far\",\"data\":[],\"reference\":\"<script>\",\"frame\":{}}"
      "}\n"
      "{\"nearest-pair\":{\"data\":\"\\\"><script>\",\"reference-data\":3}}\n{\"nearest-pair\":[]}"
      "\n"
      "{\"example\":{\"frame\":0,\"media-type\":\"image/png\",\"data\":[]}}\n"
      "{\"example\":{\"frame\":[],\"media-type\":{},\"spread\":[]}}\n"
      "{\"alert\":{\"condition\":[],\"pts\":{}}}\n{\"frame\":[],\"pts\":{}}\n"
      "{\"example\":3}\n{\"alert\":{}}\n{\"summary\":{\"frames\":\"<script>\"}}\n");
  g_assert_cmpint (tool (fixture, "report", "evil.jsonl", "--html", "page.html", NULL), ==, 0);
  assert_says (fixture->err, "5 figures, alerts or examples are left out");
  g_assert_null (strstr (fixture->err, "CRITICAL"));
  page = read_file (fixture, "page.html");
  g_assert_null (strstr (page, "<script"));
}

/* --- classes --- */

static void
write_classes (const Fixture *fixture, const char *name, double of_dog)
{
  g_autofree char *text = g_strdup_printf (
      "{\"frame\":0,\"sharpness\":10}\n"
      "{\"summary\":{\"frames\":1,\"classes\":{\"of\":{"
      "\"cat\":{\"frames\":3,\"samples\":3,\"density\":0.9,\"frechet\":null,"
      "\"frechet-missing\":\"too few <of them>\"},"
      "\"dog\":{\"frames\":4,\"samples\":4,\"density\":%g,\"frechet\":null,"
      "\"frechet-missing\":\"too few <of them>\"}},"
      "\"gaps\":{\"density\":{\"gap\":%g,\"minimum\":%g,\"lowest\":\"dog\",\"maximum\":0.9,"
      "\"highest\":\"cat\",\"classes\":2,\"best\":\"cat\",\"worst\":\"dog\"}},"
      "\"without\":{\"frames\":7,\"samples\":7,\"reference-samples\":0}}}}\n",
      of_dog, 0.9 - of_dog, of_dog);

  write_file (fixture, name, text);
}

static void
test_classes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *page = NULL;

  write_classes (fixture, "unfair.jsonl", 0.5);
  write_classes (fixture, "fair.jsonl", 0.8);
  g_assert_cmpint (
      tool (fixture, "report", "unfair.jsonl", "fair.jsonl", "--html", "page.html", NULL), ==, 0);
  assert_says (fixture->out, "worst dog 0.5, best cat 0.9");
  assert_says (fixture->out, "A  frechet is missing of 2 (cat and others): too few");
  page = read_file (fixture, "page.html");
  assert_says (page, "▼ <span class=\"end\">dog: 0.5</span>");
  assert_says (page, "<td class=\"n best\">0.1 ★</td>");
  assert_says (page, "<td class=\"n best\">0.5 ▼</td>");
  assert_says (page, "too few &lt;of them&gt;");
  assert_says (page, "Of no class: 7 frames");
}

/* A class whose name has lines of its own stays in its line. */
static void
test_class_names (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, "names.jsonl",
      "{\"summary\":{\"frames\":1,\"classes\":{\"of\":{\"c\\na\":{\"density\":0.5,\"frechet\":null,"
      "\"frechet-missing\":\"few\"},\"d\\no\":{\"density\":0.25}},\"gaps\":{\"density\":{\"gap\":0."
      "25,"
      "\"lowest\":\"d\\no\",\"highest\":\"c\\na\",\"best\":\"c\\na\",\"worst\":\"d\\no\"}}}}}\n");
  write_file (fixture, "counts.jsonl", "{\"summary\":{\"frames\":3,\"classes\":{\"e\\nf\":3}}}\n");
  g_assert_cmpint (tool (fixture, "report", "names.jsonl", "counts.jsonl", NULL), ==, 0);
  assert_says (fixture->out, "worst d\\no 0.25, best c\\na 0.5\n");
  assert_says (fixture->out, "A  frechet is missing of 1 (c\\na): few\n");
  assert_says (fixture->out, "B  class e\\nf: 3\n");
}

/* What a classifier counted is no table of figures; and neither is what is of another kind. */
static void
test_class_counts (Fixture *fixture, gconstpointer data)
{
  g_autofree char *page = NULL;

  write_file (
      fixture, "counts.jsonl", "{\"summary\":{\"frames\":5,\"classes\":{\"cat\":3,\"<b>\":2}}}\n");
  write_file (fixture, "odd.jsonl",
      "{\"summary\":{\"frames\":5,\"classes\":{\"of\":{\"a\":3},\"gaps\":{\"density\":4,"
      "\"recall\":{\"gap\":\"x\",\"worst\":{}}}}}}\n");
  g_assert_cmpint (
      tool (fixture, "report", "counts.jsonl", "odd.jsonl", "--html", "page.html", NULL), ==, 0);
  assert_says (fixture->out, "A  class cat: 3");
  page = read_file (fixture, "page.html");
  assert_says (page, "Classes of A");
  g_assert_null (strstr (page, "<b>:"));
}

/* A report of nothing says so; an offset is told in milliseconds, and kept in nanoseconds. */
static void
test_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *page = NULL;

  write_file (fixture, "nothing.jsonl",
      "{\"summary\":{\"frames\":0,\"offset\":-41700000,"
      "\"audio-video-offset-overall\":38.5}}\n");
  g_assert_cmpint (tool (fixture, "report", "nothing.jsonl", "--html", "page.html", NULL), ==, 0);
  assert_says (fixture->out, "nothing.jsonl: 0 frames");
  assert_says (fixture->out, "-41.7 ms");
  assert_says (fixture->out, "38.5 ms");
  page = read_file (fixture, "page.html");
  assert_says (page, "-41.7 ms</td>");
  g_assert_cmpint (tool (fixture, "report", "nothing.jsonl", "--json", NULL), ==, 0);
  assert_says (fixture->out, "-41700000");
}

/* A training's log is its curves over steps, and the last figures; what is no log is told. */
static void
test_training (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = path_in (fixture, "log/run-2"), *page = NULL, *garbage = NULL;
  g_autofree char *nothing = path_in (fixture, "nothing");
  g_autoptr (GenEventFile) events = gen_event_file_new (folder, 0, NULL);
  g_auto (GenPicture) picture = { 0 };

  g_assert_nonnull (events);
  gen_picture_init (&picture, 300, 300, 3);
  for (int i = 0; i < 300 * 900; i++)
    picture.data[i] = (guint8)(i * i >> 3);
  for (int step = 1; step <= 40; step++)
    g_assert_true (gen_event_file_scalar (events, step * 10, "loss/generator", 4.0 / step, NULL));
  /* Longer than any number, and passed over. */
  g_assert_true (gen_event_file_picture (events, 400, "generated", &picture, NULL));
  g_assert_true (gen_event_file_scalar (events, 410, "loss/generator", 0.25, NULL));
  write_file (fixture, "training.json",
      "{\"step\":410,\"version\":\"0.2\",\"settings\":{\"seed\":5},\"test\":{\"frechet\":0.5}}");
  g_assert_cmpint (
      tool (fixture, "report", "log", "training.json", "--html", "page.html", NULL), ==, 0);
  assert_says (fixture->out, "A  log: a training of 410 steps");
  assert_says (fixture->out, "B  training.json: a training of 410 steps");
  assert_says (fixture->out, "loss/generator                          0.25");
  assert_says (fixture->out, "test/frechet");
  g_assert_null (strstr (fixture->out, "seed"));
  page = read_file (fixture, "page.html");
  assert_says (page, "aria-label=\"loss/generator over time\"");
  assert_says (page, " steps</text>");
  g_assert_null (strstr (page, "Distributions"));
  g_assert_cmpint (tool (fixture, "report", ".", NULL), ==, 0);
  assert_says (fixture->out, "A  .: a training of 410 steps");
  assert_says (fixture->out, "test/frechet");
  g_assert_cmpint (g_mkdir_with_parents (nothing, 0700), ==, 0);
  g_assert_cmpint (tool (fixture, "report", "nothing", NULL), ==, 1);
  assert_says (fixture->err, "there are no event files in this folder");
  garbage = g_build_filename (folder, "tfevents.garbage", NULL);
  g_assert_true (g_file_set_contents (garbage, "no event file, and long enough", -1, NULL));
  g_assert_cmpint (tool (fixture, "report", "log", NULL), ==, 1);
  assert_says (fixture->err, "tfevents.garbage: the checksum of a record's length is wrong");
}

/* What never changes lies in the middle of numbers of its own size, and no axis has -0. */
static void
test_constant (Fixture *fixture, gconstpointer data)
{
  g_autofree char *page = NULL;

  write_file (fixture, "constant.jsonl",
      "{\"frame\":0,\"pts\":0,\"rate\":0.0002,\"even\":1.0000000000000002}\n"
      "{\"frame\":1,\"pts\":0,\"rate\":0.0002,\"even\":1.0}\n");
  g_assert_cmpint (tool (fixture, "report", "constant.jsonl", "--html", "page.html", NULL), ==, 0);
  page = read_file (fixture, "page.html");
  assert_says (page, ">0.0002</text>");
  assert_says (page, ">0.00019</text>");
  g_assert_null (strstr (page, ">-0<"));
  g_assert_null (strstr (page, ">-0 s<"));
}

/* --- what compare has printed --- */

static void
test_comparison (Fixture *fixture, gconstpointer data)
{
  g_autofree char *page = NULL;

  write_file (fixture, "made.json",
      "{\n  \"samples\" : 500,\n  \"frechet\" : 0.5,\n  \"frechet-standard-error\" : 0.1,\n"
      "  \"nearest-pairs\" : [ { \"distance\" : 0.25, \"sample\" : \"a<b\" }, 3 ],\n"
      "  \"classes\" : { \"of\" : { \"cat\" : { \"samples\" : 3, \"frechet\" : 0.75,"
      " \"frechet-standard-error\" : 0.2 } }, \"gaps\" : {} }\n}\n");
  write_file (fixture, "nothing.json", "{\n  \"summary\" : {}\n}\n");
  write_file (fixture, "cut.json", "{\n  \"samples\" : ");
  g_assert_cmpint (tool (fixture, "report", "made.json", "--html", "page.html", NULL), ==, 0);
  assert_says (fixture->out, "A  made.json: 500 samples\n");
  assert_says (fixture->out, "0.5 ± 0.2");
  g_assert_null (strstr (fixture->out, "standard-error"));
  page = read_file (fixture, "page.html");
  assert_says (page, "0.75 ± 0.39");
  assert_says (page, "<b>0.25</b>, a&lt;b");
  g_assert_cmpint (tool (fixture, "report", "nothing.json", NULL), ==, 1);
  assert_says (fixture->err, "nothing.json: there is no figure");
  g_assert_cmpint (tool (fixture, "report", "cut.json", NULL), ==, 1);
  assert_says (fixture->err, "cut.json: it begins as what compare --json prints");
}

/* --- long files --- */

/* Of 60,000 frames the mean is exact, and so is the value of one that is shown, though neither is
 * kept; the plot has no more of them than it can show. */
static void
test_long (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *png = picture_text (), *page = NULL;
  JsonObject *cell;

  for (int i = 0; i < 60000; i++)
    g_string_append_printf (text, "{\"frame\":%d,\"pts\":%d000000,\"sharpness\":%d}\n", i, i,
        i == 41234 ? -77 : i % 100);
  g_string_append_printf (text,
      "{\"example\":{\"frame\":41234,\"of\":{\"sharpness\":\"highest\"},\"spread\":true,"
      "\"media-type\":\"image/png\",\"data\":\"%s\"}}\n",
      png);
  write_file (fixture, "long.jsonl", text->str);
  g_assert_cmpint (
      tool (fixture, "report", "long.jsonl", "--json", "--html", "page.html", NULL), ==, 0);
  node = parse_json (fixture->out);
  cell = json_object_get_object_member (
      json_object_get_object_member (figure_of (node, "sharpness"), "runs"), "A");
  g_assert_cmpfloat_with_epsilon (
      json_object_get_double_member (cell, "mean"), (600 * 4950.0 - 34 - 77) / 60000, 1e-9);
  g_assert_cmpfloat (json_object_get_double_member (cell, "minimum"), ==, -77);
  page = read_file (fixture, "page.html");
  assert_says (page, "<b>-77</b>");
  g_assert_cmpuint (strlen (page), <, 100000);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(NAME, TEST) g_test_add ("/tool/report/" NAME, Fixture, NULL, set_up, TEST, tear_down)
  ADD ("best", test_best);
  ADD ("scorers", test_scorers);
  ADD ("text", test_text);
  ADD ("no-best", test_no_best);
  ADD ("page", test_page);
  ADD ("cut", test_cut);
  ADD ("refused", test_refused);
  ADD ("numbers", test_numbers);
  ADD ("itself", test_itself);
  ADD ("cut-log", test_cut_log);
  ADD ("hostile", test_hostile);
  ADD ("constant", test_constant);
  ADD ("comparison", test_comparison);
  ADD ("classes", test_classes);
  ADD ("class-names", test_class_names);
  ADD ("class-counts", test_class_counts);
  ADD ("nothing", test_nothing);
  ADD ("training", test_training);
  ADD ("long", test_long);
  return g_test_run ();
}
