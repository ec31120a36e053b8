/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is disclosed in XMP: it is signed with all else, what others have said there stays, and a
 * file that is signed again has it once. */
#include "provenance-files.h"

static const GenProvenanceDisclosure disclosure = { .provider = "Example & Co",
  .system = "Painter",
  .system_version = "3",
  .content_producer = "001191",
  .content_propagator = "who spreads it" };

static GBytes *
film_file (void)
{
  static const guint8 film[] = "\0\0\0\x10"
                               "ftypisom\0\0\0\0"
                               "\0\0\0\x18mdatsixteen bytes..."
                               "\0\0\0\x08moov";

  return g_bytes_new (film, sizeof film - 1);
}

static GBytes *
make_file (const char *kind)
{
  if (strcmp (kind, "png") == 0)
    return picture_file (&gen_encoding_png);
  if (strcmp (kind, "jpeg") == 0)
    return picture_file (&gen_encoding_jpeg);
  return strcmp (kind, "wav") == 0 ? wav_file (1001) : film_file ();
}

static const char *const kinds[] = { "png", "jpeg", "wav", "mp4" };

static GBytes *
disclose (const ProvenanceKey *key, GBytes *file, GError **error)
{
  const GenProvenanceClaim claim = { .prompt = "a <bird>", .disclosure = &disclosure };

  return gen_provenance_sign (file, &claim, key->signer, error);
}

/* (transfer full) */
static GBytes *
disclosed (const ProvenanceKey *key, GBytes *file)
{
  GError *error = NULL;
  GBytes *made = disclose (key, file, &error);

  g_assert_no_error (error);
  assert_trusted (key, made);
  return made;
}

static guint
count (GBytes *file, const char *text)
{
  gsize size;
  const guint8 *data = g_bytes_get_data (file, &size), *end = data + size;
  guint n = 0;

  while ((data = memmem (data, (gsize)(end - data), text, strlen (text))) != NULL) {
    data++;
    n++;
  }
  return n;
}

#define TRAINED                                                                                    \
  "<Iptc4xmpExt:DigitalSourceType>http://cv.iptc.org/newscodes/digitalsourcetype/"                 \
  "trainedAlgorithmicMedia</Iptc4xmpExt:DigitalSourceType>"

static void
test_said (void)
{
  static const char *const said[] = { TRAINED,
    "<Iptc4xmpExt:AISystemUsed>Painter</Iptc4xmpExt:AISystemUsed>",
    "<Iptc4xmpExt:AISystemVersionUsed>3</Iptc4xmpExt:AISystemVersionUsed>",
    "<Iptc4xmpExt:AIPromptInformation>a &lt;bird&gt;</Iptc4xmpExt:AIPromptInformation>",
    "<xmp:CreatorTool>Painter 3</xmp:CreatorTool>",
    "<dc:publisher><rdf:Bag><rdf:li>Example &amp; Co</rdf:li></rdf:Bag></dc:publisher>",
    "<dc:identifier>urn:uuid:",
    "<TC260:AIGC>{&quot;Label&quot;:&quot;1&quot;,&quot;ContentProducer&quot;:&quot;001191&quot;,"
    "&quot;ProduceID&quot;:&quot;urn:uuid:" };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GBytes) file = make_file (kinds[i]), made = disclosed (&key, file);
    g_autoptr (GBytes) changed = with_byte_changed (made, place_of (made, "Painter 3"));

    for (guint k = 0; k < G_N_ELEMENTS (said); k++)
      if (count (made, said[k]) != 1)
        g_error ("%s: %s is there %u times", kinds[i], said[k], count (made, said[k]));
    assert_refused (&key, changed,
        strcmp (kinds[i], "mp4") == 0 ? "assertion.bmffHash.mismatch"
                                      : "assertion.dataHash.mismatch");
  }
}

/* What was said first stays, and nothing is said twice. */
static void
test_again (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GBytes) file = make_file (kinds[i]), once = disclosed (&key, file);
    g_autoptr (GBytes) twice = disclosed (&key, once);

    g_test_message ("%s", kinds[i]);
    g_assert_cmpuint (count (twice, TRAINED), ==, 1);
    g_assert_cmpuint (count (twice, "<x:xmpmeta"), ==, 1);
    g_assert_cmpuint (count (twice, "<TC260:AIGC>"), ==, 1);
  }
}

/* Without a disclosure, no byte of XMP comes or goes. */
static void
test_silent (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GBytes) file = make_file (kinds[i]), made = sign (&key, file);
    g_autoptr (GBytes) labelled = disclosed (&key, file), after = sign (&key, labelled);

    g_assert_cmpuint (count (made, "xmpmeta"), ==, 0);
    g_assert_cmpuint (count (after, "<x:xmpmeta"), ==, 1);
  }
}

#define PHOTO "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"
#define XMP(content)                                                                               \
  "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "                                                \
  "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "     \
  "xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">" content                     \
  "</rdf:Description></rdf:RDF></x:xmpmeta>"

static void
test_others (void)
{
  static const char packet[] =
      XMP ("<Iptc4xmpExt:DigitalSourceType>" PHOTO "</Iptc4xmpExt:DigitalSourceType>");
  static const GenEncoding *const encodings[] = { &gen_encoding_png, &gen_encoding_jpeg };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (encodings); i++) {
    g_autoptr (GBytes) bare = picture_file (encodings[i]);
    g_autoptr (GBytes) file = encodings[i]->embed (bare, packet), made = disclosed (&key, file);

    g_assert_cmpuint (count (made, PHOTO), ==, 1);
    g_assert_cmpuint (count (made, TRAINED), ==, 0);
    g_assert_cmpuint (count (made, "<xmp:CreatorTool>Painter 3<"), ==, 1);
    g_assert_cmpuint (count (made, "</rdf:RDF>"), ==, 1);
  }
}

/* What XML has no way to write is left out, and the rest is there. */
static void
test_characters (void)
{
  const GenProvenanceDisclosure odd = { .provider = "a\x01\tb\x1f"
                                                    "c\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd" };
  const GenProvenanceClaim claim = { .prompt = "red\x1b[31m bird\x7f", .disclosure = &odd };
  g_autoptr (GBytes) file = picture_file (&gen_encoding_png), made = NULL;
  const GMarkupParser parser = { 0 };
  g_autoptr (GMarkupParseContext) context = g_markup_parse_context_new (&parser, 0, NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_auto (ProvenanceKey) key;
  const char *packet;
  gsize from, size;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = gen_provenance_sign (file, &claim, key.signer, &error);
  g_assert_no_error (error);
  assert_trusted (&key, made);
  g_assert_cmpuint (count (made, "<rdf:li>a\tbc\xef\xbf\xbd</rdf:li>"), ==, 1);
  g_assert_cmpuint (count (made, ">red[31m bird&#x7f;<"), ==, 1);
  from = place_of (made, "<x:xmpmeta");
  packet = (const char *)g_bytes_get_data (made, NULL) + from;
  size = place_of (made, "<?xpacket end") - from;
  g_assert_true (g_markup_parse_context_parse (context, packet, (gssize)size, &error));
  g_assert_no_error (error);
  for (gsize i = 0; i < size; i++)
    g_assert_true ((guint8)packet[i] >= 0x20 || strchr ("\t\n\r", packet[i]) != NULL);
  g_assert_null (g_strstr_len (packet, (gssize)size, "&#x1"));
}

/* Bytes behind the RIFF chunk stay behind it, and chunks in it are all there is. */
static void
test_behind_riff (void)
{
  static const char behind[] = "behind the chunk";
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (int streamed = 0; streamed < 2; streamed++) {
    g_autoptr (GBytes) bare = wav_file (1001), once = disclosed (&key, bare), file = NULL;
    g_autoptr (GBytes) twice = NULL;
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    gsize size, at;
    guint8 *data;
    guint32 riff;

    g_byte_array_append (bytes, g_bytes_get_data (once, NULL), (guint)g_bytes_get_size (once));
    /* Others say something else in it, so that it is written anew. */
    while ((data = memmem (bytes->data, bytes->len, "TC260:AIGC", 10)) != NULL)
      memcpy (data, "TC260:aigc", 10);
    if (streamed)
      memset (bytes->data + 4, 0xff, 4);
    else
      g_byte_array_append (bytes, (const guint8 *)behind, sizeof behind);
    file = g_bytes_new (bytes->data, bytes->len);
    twice = disclosed (&key, file);
    data = (guint8 *)g_bytes_get_data (twice, &size);
    memcpy (&riff, data + 4, 4);
    g_assert_cmpuint (8 + GUINT32_FROM_LE (riff), ==, size - (streamed ? 0 : sizeof behind));
    if (!streamed)
      g_assert_cmpmem (data + size - sizeof behind, sizeof behind, behind, sizeof behind);
    for (at = 12; at < 8 + GUINT32_FROM_LE (riff);) {
      guint32 content;

      memcpy (&content, data + at + 4, 4);
      at += 8 + GUINT32_FROM_LE (content) + (GUINT32_FROM_LE (content) & 1);
    }
    g_assert_cmpuint (at, ==, 8 + GUINT32_FROM_LE (riff));
    g_assert_cmpuint (count (twice, "<x:xmpmeta"), ==, 1);
  }
}

/* Spaces at the end of a packet are there to be used up. */
static void
test_padding (void)
{
  static const char *const ends[] = { "", "<?xpacket end=\"w\"?>" };
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++) {
    g_autofree char *padding = g_strnfill (65000, ' ');
    g_autofree char *packet = g_strconcat (XMP (""), padding, ends[i], NULL);
    g_autoptr (GBytes) bare = picture_file (&gen_encoding_jpeg);
    g_autoptr (GBytes) file = gen_encoding_jpeg.embed (bare, packet), made = NULL;

    made = disclosed (&key, file);
    g_assert_cmpuint (count (made, "<xmp:CreatorTool>Painter 3<"), ==, 1);
    g_assert_cmpuint (count (made, ends[i][0] != '\0' ? ends[i] : "</x:xmpmeta>"), ==, 1);
    g_assert_cmpuint (count (made, "          "), >, 60000);
  }
}

/* JPEG has 64 KiB for it. */
static void
test_too_large (void)
{
  g_autofree char *filling = g_strnfill (65100, ' ');
  g_autofree char *packet = g_strdup_printf (XMP ("%s"), filling);
  g_autoptr (GBytes) bare = picture_file (&gen_encoding_jpeg);
  g_autoptr (GBytes) file = gen_encoding_jpeg.embed (bare, packet), made = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, NULL, 30))
    return;
  made = disclose (&key, file, &error);
  g_assert_null (made);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
  g_assert_nonnull (strstr (error->message, "xmp=false"));
}

/* Each cut of a file is signed or refused, and what is signed is right. */
static void
test_cut (void)
{
  g_auto (ProvenanceKey) key;

  if (!provenance_key_init (&key, "EdDSA", 30))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autoptr (GBytes) file = make_file (kinds[i]);
    gsize size = g_bytes_get_size (file), step = MAX (size / 40, 1);

    for (gsize n = 1; n < size; n += n < 50 ? 3 : step) {
      g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (file, NULL), n), made = NULL;
      g_autoptr (GError) error = NULL;

      made = disclose (&key, cut, &error);
      if (made != NULL)
        assert_trusted (&key, made);
      else
        g_assert_nonnull (error);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/provenance-xmp/said", test_said);
  g_test_add_func ("/provenance-xmp/again", test_again);
  g_test_add_func ("/provenance-xmp/silent", test_silent);
  g_test_add_func ("/provenance-xmp/others", test_others);
  g_test_add_func ("/provenance-xmp/characters", test_characters);
  g_test_add_func ("/provenance-xmp/behind-riff", test_behind_riff);
  g_test_add_func ("/provenance-xmp/padding", test_padding);
  g_test_add_func ("/provenance-xmp/too-large", test_too_large);
  g_test_add_func ("/provenance-xmp/cut", test_cut);
  return g_test_run ();
}
