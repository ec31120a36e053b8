/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-model report: which run is better, what it says of reports that are not whole, and
 * that the page needs nothing else. */
#include <math.h>

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
      "{\"summary\":{\"frames\":2,\"sharpness\":{\"mean\":15.0,\"standard-deviation\":7.0,"
      "\"minimum\":10.0,\"maximum\":20.0},\"frechet\":0.5,\"frechet-features\":\"a<b\"}}\n",
      png);

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
      "{\"example\":3}\n{\"alert\":{}}\n{\"summary\":{\"frames\":\"<script>\"}}\n");
  g_assert_cmpint (tool (fixture, "report", "evil.jsonl", "--html", "page.html", NULL), ==, 0);
  page = read_file (fixture, "page.html");
  g_assert_null (strstr (page, "<script"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(NAME, TEST) g_test_add ("/tool/report/" NAME, Fixture, NULL, set_up, TEST, tear_down)
  ADD ("best", test_best);
  ADD ("text", test_text);
  ADD ("no-best", test_no_best);
  ADD ("page", test_page);
  ADD ("cut", test_cut);
  ADD ("refused", test_refused);
  ADD ("hostile", test_hostile);
  return g_test_run ();
}
