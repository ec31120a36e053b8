/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that can be asked for something, without models: one of digits, and a voice. */
#pragma once

#include "../lib/serve/generate-request.h"

static const GenServeLimits serve_facts_limits = { .pictures = 8, .frames = 50 };

static const GenServeFormat serve_facts_png = {
  .name = "png", .media_type = "image/png", .extension = "png", .pictures = TRUE
};
static const GenServeFormat serve_facts_npy = {
  .name = "npy", .media_type = "application/x-npy", .extension = "npy", .joins = TRUE
};
static const GenServeFormat serve_facts_mp4 = { .name = "mp4",
  .media_type = "video/mp4",
  .extension = "mp4",
  .pictures = TRUE,
  .joins = TRUE,
  .is_film = TRUE };
static const GenServeFormat serve_facts_wav = {
  .name = "wav", .media_type = "audio/wav", .extension = "wav", .sounds = TRUE
};

/* Ended by NULL. (transfer container) */
static inline const GenServeFormat *const *
serve_facts_list (const GenServeFormat *first, const GenServeFormat *second)
{
  const GenServeFormat **list = g_new0 (const GenServeFormat *, 3);

  list[0] = first;
  list[1] = second;
  return (const GenServeFormat *const *)list;
}

static inline GenServeFacts *
serve_facts_digits (void)
{
  static const char *const names[] = { "zero", "one", "two", "three", "four", "five", "six",
    "seven", "eight", "nine", NULL };
  static const double strength[] = { 1 }, bits[] = { 1, 0 };
  GenServeFacts *facts = gen_serve_facts_new ("digits");

  facts->takes = GEN_SERVE_TAKES_LATENT;
  facts->makes = &gen_medium_picture;
  facts->formats = serve_facts_list (&serve_facts_png, &serve_facts_npy);
  facts->latent = 4;
  facts->second = 10;
  facts->second_kind = GEN_SERVE_SECOND_NUMBERS;
  facts->classes = 10;
  facts->class_names = g_strdupv ((char **)names);
  gen_serve_facts_add_parameter (facts, "strength", strength, 1);
  gen_serve_facts_add_parameter (facts, "bits", bits, 2);
  return facts;
}

static inline GenServeFacts *
serve_facts_voice (void)
{
  static const double scales[] = { 0.5, 1, 0.75 }, speaker[] = { 0 };
  GenServeFacts *facts = gen_serve_facts_new ("voice");

  facts->takes = GEN_SERVE_TAKES_TEXT;
  facts->makes = &gen_medium_sound;
  facts->formats = serve_facts_list (&serve_facts_wav, &serve_facts_npy);
  facts->speakers = 3;
  gen_serve_facts_add_parameter (facts, "scales", scales, 3);
  gen_serve_facts_add_parameter (facts, "sid", speaker, 1);
  facts->speaker_parameter = g_strdup ("sid");
  facts->length_parameter = g_strdup ("scales");
  facts->length_place = 1;
  return facts;
}
