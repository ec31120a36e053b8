/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The cases of a switch over the rows of a tile, each of which is compiled for its number: CASE is
 * a macro of the includer, of the number and of what follows here. */
#pragma once

#define GEN_ROWS_TO_6(CASE, ...)                                                                   \
  CASE (1, __VA_ARGS__)                                                                            \
  CASE (2, __VA_ARGS__)                                                                            \
  CASE (3, __VA_ARGS__)                                                                            \
  CASE (4, __VA_ARGS__)                                                                            \
  CASE (5, __VA_ARGS__)                                                                            \
  CASE (6, __VA_ARGS__)
#define GEN_ROWS_TO_12(CASE, ...)                                                                  \
  GEN_ROWS_TO_6 (CASE, __VA_ARGS__)                                                                \
  CASE (7, __VA_ARGS__)                                                                            \
  CASE (8, __VA_ARGS__)                                                                            \
  CASE (9, __VA_ARGS__)                                                                            \
  CASE (10, __VA_ARGS__)                                                                           \
  CASE (11, __VA_ARGS__)                                                                           \
  CASE (12, __VA_ARGS__)
#define GEN_ROWS_TO_14(CASE, ...)                                                                  \
  GEN_ROWS_TO_12 (CASE, __VA_ARGS__)                                                               \
  CASE (13, __VA_ARGS__)                                                                           \
  CASE (14, __VA_ARGS__)
