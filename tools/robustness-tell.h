/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "robustness-attack.h"

/* Of a classifier all samples are of one part; of a discriminator some are real, and some made. */
enum { PART_REAL, PART_MADE, PARTS };

/* What was counted of a part. */
typedef struct {
  guint right;         /* taken for what they are */
  double score, moved; /* of a discriminator: sums */
} PartCount;

/* An attack by one epsilon, and what it came to. */
typedef struct {
  const GenAttack *attack;
  GenAttackSettings settings;
  NetAttack *run; /* the attack's */
  PartCount counts[PARTS];
} Trial;

typedef struct {
  const AttackedNet *net;
  guint n[PARTS];         /* samples */
  PartCount clean[PARTS]; /* of them as they are */
  GArray *trials;         /* Trial */
  int restarts;
} RobustnessCounts;

/* Print it, for people or for programs. */
void robustness_print_text (const RobustnessCounts *counts);
void robustness_print_json (const RobustnessCounts *counts);
