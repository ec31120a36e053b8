/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/latent-change.h>

struct _GenDirections {
  char *path, *shape; /* NULL for those of no file */
  char **names;       /* as many, ended by NULL; NULL: their numbers */
  float *numbers;     /* [count, vectors, length] */
  gsize count, vectors, length;
};
