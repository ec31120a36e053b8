/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Products of small matrices of 16-bit floats by a warp's tensor cores, with the fragments that
 * the PTX manual gives for mma.m16n8k16. With row = lane / 4 and column = 2 * (lane % 4), a thread
 * has, of
 *   A [16, 16]: (row, column), (row + 8, column), (row, column + 8), (row + 8, column + 8);
 *   B [16, 8]:  (column, row), (column + 8, row), each with the element below;
 *   C [16, 8]:  (row, column), the same of row + 8;
 * each of A and C with the element to the right. */
#pragma once

#include <string.h>

#include <type_traits>

#include "types.h"

/* Two elements as a register holds them. */
template <typename T>
static __device__ inline uint32_t
gen_mma_pair (float low, float high)
{
  T pair[2];
  uint32_t bits;

  gen_store (&pair[0], low);
  gen_store (&pair[1], high);
  memcpy (&bits, pair, sizeof bits);
  return bits;
}

#ifdef GEN_CUDA_EMULATION

/* Element `i` of a register. */
template <typename T>
static inline float
gen_mma_element (uint32_t bits, int i)
{
  T pair[2];

  memcpy ((void *)pair, &bits, sizeof pair);
  return gen_load (&pair[i]);
}

template <typename T>
static inline void
gen_mma (float c[4], const uint32_t a[4], uint32_t b0, uint32_t b1)
{
  const int row = emulation_lane () / 4, column = emulation_lane () % 4 * 2;
  const uint32_t own[2] = { b0, b1 };
  uint32_t all_a[32][4], all_b[32][4];

  emulation_gather (a, sizeof all_a[0], all_a);
  emulation_gather (own, sizeof own, all_b);
  for (int i = 0; i < 4; i++)
    for (int k = 0; k < 16; k++) {
      const uint32_t x = all_a[row * 4 + k % 8 / 2][i / 2 + k / 8 * 2];
      const uint32_t y = all_b[(column + i % 2) * 4 + k % 8 / 2][k / 8];

      c[i] += gen_mma_element<T> (x, k % 2) * gen_mma_element<T> (y, k % 2);
    }
}

/* The pair of thread `lane` of matrix `i`, of which thread 8 i + r has given row r. */
template <typename T>
static inline void
gen_mma_load (uint32_t registers[4], const T *row, bool turned)
{
  const int line = emulation_lane () / 4, column = emulation_lane () % 4 * 2;
  const T *rows[32][16 / sizeof (T *)];

  emulation_gather (&row, sizeof row, rows);
  for (int i = 0; i < 4; i++) {
    T pair[2];

    for (int j = 0; j < 2; j++)
      pair[j] = turned ? rows[8 * i + column + j][0][line] : rows[8 * i + line][0][column + j];
    memcpy (&registers[i], pair, sizeof pair);
  }
}

#else

/* c += a b. */
template <typename T>
static __device__ inline void
gen_mma (float c[4], const uint32_t a[4], uint32_t b0, uint32_t b1)
{
  if constexpr (std::is_same<T, __half>::value)
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
                 "{%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/* Four matrices [8, 8] of shared memory, of which thread 8 i + r gives the address of row r of
 * matrix i: register i gets the elements (lane / 4, 2 * (lane % 4)) and the one to the right, or,
 * `turned`, of the transposed matrix. */
template <typename T>
static __device__ inline void
gen_mma_load (uint32_t registers[4], const T *row, bool turned)
{
  const uint32_t address = (uint32_t)__cvta_generic_to_shared (row);

  if (turned)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(address)
                 : "memory");
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(registers[0]), "=r"(registers[1]), "=r"(registers[2]), "=r"(registers[3])
                 : "r"(address)
                 : "memory");
}

#endif
