/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/api.h>
#include <generative/medium.h>
#include <generative/random.h>

G_BEGIN_DECLS

/**
 * Augmentation: random changes that leave a picture or a sound what it is, so that a model learns
 * from more examples than there are.
 *
 * What happens to an example is drawn first, and done afterwards. The draw is a function of the
 * settings and the example's number alone, and each augmentation draws from a stream of its own:
 * changing one leaves the others as they were. An augmentation is of one medium; what there is of a
 * medium is a list, whose amounts settings hold in its order.
 */
typedef struct _GenAugmentation GenAugmentation;

#define GEN_AUGMENT_MAX 64       /* augmentations there may be of a medium */
#define GEN_AUGMENT_PARAMETERS 2 /* of one, besides its amount */

#define GEN_AUGMENT_NUMBERS 10240
#define GEN_AUGMENT_CHAINED 16 /* steps of chains, of a draw */

typedef struct _GenPictureChange GenPictureChange;

/* One thing that is done to a picture, after those before it. */
typedef struct {
  const GenPictureChange *change;
  const GenAugmentation *augmentation; /* whose it is */
  double values[12];                   /* what the change makes of them; most leave some at 0 */
  int first_number;                    /* of those of the draw that are the step's */
  GenRandom random;                    /* what the change draws for each pixel */
} GenAugmentPictureStep;

/**
 * Pictures. A draw is a row of steps. Geometric ones that follow each other come together in one
 * map, so that a picture is resampled once however many there are, and changes of tone and colour
 * in as few tables and matrices as they can; what is of one row is done while the row is in the
 * cache.
 */
typedef struct {
  int width, height; /* of the picture */
  GenAugmentPictureStep steps[GEN_AUGMENT_MAX];
  int n_steps;
  /* Those of chains: what they make of the picture goes into a mean, which is one step (AugMix).
   * Regions and masks stay where they are in it, as the picture does. */
  GenAugmentPictureStep chained[GEN_AUGMENT_CHAINED];
  int n_chained;
  /* What steps have drawn that is more than their values. */
  float numbers[GEN_AUGMENT_NUMBERS];
  int n_numbers;
  guint64 frame; /* what is drawn for each pixel is this frame's */
  /* While it is drawn: */
  guint64 seed, number; /* of the draw, which frames of a clip share */
  guint64 instance;     /* which of those who draw from an augmentation's stream */
  int first_of_chain;   /* of steps, which become chained ones when the chain ends */
  const GenAugmentation *augmentation;
  const double *parameters;
  GenRandom random;
} GenAugmentPictureDraw;

#define GEN_AUGMENT_MAX_STEPS 96 /* of a sound, of which an augmentation has several */

typedef struct _GenAugmentSoundDraw GenAugmentSoundDraw;
typedef struct _GenAugmentSoundStep GenAugmentSoundStep;
typedef struct _GenAugmentSounds GenAugmentSounds; /* sounds that windows draw from */

/* One thing that is done to a sound, after those before it. */
struct _GenAugmentSoundStep {
  /* `part` is what there is of the window, beginning with its frame `first`; in place. */
  void (*run) (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part,
      gsize first);
  double values[6];         /* what `run` makes of them */
  GenAugmentSounds *sounds; /* those of the settings, NULL: none */
};

/**
 * Sounds. What is numbered, and gets a draw of its own, is a window: a sound of its own, or a piece
 * of `length` frames of a stream. A draw is a row of steps.
 */
struct _GenAugmentSoundDraw {
  int rate, channels;
  gsize length;     /* frames of the window */
  gsize begin, end; /* of what is left of it: what is before and behind is silent */
  GenAugmentSoundStep steps[GEN_AUGMENT_MAX_STEPS];
  int n_steps;
  /* What noise is drawn from. */
  GenRandom random;
  guint64 seed, window;
  /* While it is drawn: */
  const GenAugmentation *augmentation;
  const double *parameters;
  GenAugmentSounds *sounds; /* those of the augmentation */
};

/* A further number of an augmentation. What is outside of the bounds is brought to them. */
typedef struct {
  const char *name;        /* behind the augmentation's own and a dash */
  const char *description; /* for people */
  double minimum, maximum, standard;
} GenAugmentParameter;

/* Frames in the memory of a device that are changed there (augment-device.h). */
typedef enum {
  GEN_AUGMENT_NONE_ON_DEVICE,
  GEN_AUGMENT_COLOURS_ON_DEVICE, /* those of RGB and grey, but not of YUV */
  GEN_AUGMENT_ALL_ON_DEVICE,
} GenAugmentOnDevice;

/* One augmentation: a constant in a file of its own in its medium's folder, and a line in
 * augment.c. */
struct _GenAugmentation {
  const GenMedium *medium;
  const char *name;
  const char *stream;         /* of random numbers: no other's, and the same for good */
  const char *description;    /* of the amount, for people: what it is and its unit */
  double maximum;             /* the amount is in [0, maximum]; 0: never any change */
  const char *const *choices; /* when the amount is one of a few choices 0, 1, …: their names */
  /* Those that have a name. */
  GenAugmentParameter parameters[GEN_AUGMENT_PARAMETERS];
  /* Sounds, when it takes others from a folder: what these are, for people. */
  const char *folder;
  /* Whether this machine can do it; FALSE with `error` (G_IO_ERROR). NULL: any can. */
  gboolean (*check) (GError **error);
  /* Take the augmentation into the draw, the one of the medium. `uniform`: three numbers in
   * (0, 1). */
  void (*apply_picture) (GenAugmentPictureDraw *draw, double amount, const float uniform[3]);
  void (*apply_sound) (GenAugmentSoundDraw *draw, double amount, const float uniform[3]);
  /* Pictures. */
  GenAugmentOnDevice on_device;
};

/* Those of a medium in the order in which they are applied, NULL-terminated. */
GEN_API const GenAugmentation *const *gen_augmentation_list (const GenMedium *medium);
/* The one of that name, or NULL with `error` (G_IO_ERROR), which lists what there is. */
GEN_API const GenAugmentation *gen_augmentation_find (
    const GenMedium *medium, const char *name, GError **error);

typedef struct _GenAugmentPolicy GenAugmentPolicy; /* augment-policy.h */

typedef struct {
  const GenMedium *medium;
  double amounts[GEN_AUGMENT_MAX]; /* as the medium's list has them */
  double parameters[GEN_AUGMENT_MAX][GEN_AUGMENT_PARAMETERS];
  double probability; /* of each augmentation to be applied to an example */
  guint64 seed;
  /* Pictures: what a policy does comes after what the amounts do. NULL: nothing. */
  const GenAugmentPolicy *policy;
  /* Pictures: so many frames in a row are a clip, which has one draw; what is drawn for each pixel,
   * as noise is, is each frame's own. 0 and 1: each frame has its own draw. */
  guint64 clip_frames;
  /* Sounds: of each augmentation that has a folder what is in it; NULL: none. */
  GenAugmentSounds *sounds[GEN_AUGMENT_MAX];
} GenAugmentSettings;

/* All amounts 0, all parameters as they are at first, a probability of 1. */
GEN_API void gen_augment_settings_init (GenAugmentSettings *settings, const GenMedium *medium);
/* FALSE with `error` (G_IO_ERROR), which names the augmentation, where one that has an amount
 * cannot be done on this machine. Such a one, applied all the same, leaves examples as they are. */
GEN_API gboolean gen_augment_settings_check (const GenAugmentSettings *settings, GError **error);
/* TRUE when no example can be changed. */
GEN_API gboolean gen_augment_settings_are_idle (const GenAugmentSettings *settings);

/* What happens to frame `frame`, whose size is given. */
GEN_API void gen_augment_draw_picture (const GenAugmentSettings *settings, guint64 frame, int width,
    int height, GenAugmentPictureDraw *draw);
/* The same of frames of a clip that the caller knows: all of `clip` have one draw. */
GEN_API void gen_augment_draw_picture_of_clip (const GenAugmentSettings *settings, guint64 clip,
    guint64 frame, int width, int height, GenAugmentPictureDraw *draw);
/* TRUE when the draw leaves the picture as it is. */
GEN_API gboolean gen_augment_picture_is_idle (const GenAugmentPictureDraw *draw);
/* TRUE when pixels change their place. */
GEN_API gboolean gen_augment_picture_moves (const GenAugmentPictureDraw *draw);
/* FALSE where straight lines do not stay straight. Else 3 rows of a projective map: (x, y) of the
 * result, counted in pixels from its upper left corner, is from (m0 x + m1 y + m2, m3 x + m4 y +
 * m5) / (m6 x + m7 y + m8). */
GEN_API gboolean gen_augment_picture_matrix (const GenAugmentPictureDraw *draw, double matrix[9]);
/* Where what is at (x, y) of the picture comes to lie, both counted from its upper left corner. */
GEN_API void gen_augment_picture_follow (const GenAugmentPictureDraw *draw, double *x, double *y);
/* Where what comes to lie at (x, y) is from. */
GEN_API void gen_augment_picture_trace (const GenAugmentPictureDraw *draw, double *x, double *y);
/* The steps with their values, for people and logs: "rotate 12.5, noise 0.03". (transfer full) */
GEN_API char *gen_augment_picture_describe (const GenAugmentPictureDraw *draw);

/* Memory that rendering needs besides the pictures. It grows to what pictures of a size and steps
 * of a kind take, and is kept: from then on nothing is allocated. One at a time may use it. */
typedef struct _GenAugmentWorkspace GenAugmentWorkspace;
GEN_API GenAugmentWorkspace *gen_augment_workspace_new (void);
GEN_API void gen_augment_workspace_free (GenAugmentWorkspace *workspace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAugmentWorkspace, gen_augment_workspace_free)

/* Do it. `source` and `target`, which may be the same, have the draw's size and the same channels;
 * alpha moves along, but keeps its values. What is beyond the edges is the picture mirrored at
 * them; between pixels is bilinear, so that much smaller pictures (scale far below 1) would alias.
 */
GEN_API void gen_augment_render_picture (const GenAugmentPictureDraw *draw,
    GenAugmentWorkspace *workspace, const GenPicture *source, GenPicture *target);

/* The order of colours in a pixel; without alpha, which is the highest byte or the lowest, the
 * first two. */
typedef enum {
  GEN_AUGMENT_RGB,  /* and RGBA */
  GEN_AUGMENT_BGR,  /* and BGRA */
  GEN_AUGMENT_ARGB, /* of four channels */
  GEN_AUGMENT_ABGR,
} GenAugmentOrder;

/* A frame as video has it. */
typedef struct {
  int width, height;
  /* One plane: grey, or pixels in `order`. Two: luma, and U and V as two channels. Three: luma, U
   * and V. */
  GenPicture planes[3];
  int n_planes;
  gboolean v_first; /* of two planes: V before U */
  GenAugmentOrder order;
  /* Of planes of YUV: */
  int across, down;    /* so many luma samples are one of chroma: 1 or 2 */
  double red, blue;    /* shares of luma: 0.299 and 0.114 by ITU-R BT.601 */
  gboolean full_range; /* black is 0 and white 255, not 16 and 235 */
  /* Chroma is where the first of its luma samples is, across and down, not in their middle. */
  gboolean cosited_across, cosited_down;
} GenAugmentFrame;

/* Do it to a frame, in place, whose size is the draw's. Pixels in any order are changed as those of
 * GenPicture.
 *
 * Planes of YUV are changed where they are, too. Geometry moves each plane by itself, at its own
 * samples. Lines and matrices of colour (brightness, contrast, saturation, hue, grey, invert,
 * channel-shuffle) are taken from RGB to YUV, where they are matrices as well: what becomes of a
 * pixel is the same, but for what RGB has no numbers for, which is cut off by luma and chroma
 * and not by colours. Filters that are linear (blur, defocus, motion-blur) are done to each
 * plane where chroma has as few rows as columns. All else is by its definition one of RGB: rows,
 * or where a step needs the whole picture that, are converted on the way, chroma being repeated,
 * and averaged on the way back. */
GEN_API void gen_augment_render_frame (
    const GenAugmentPictureDraw *draw, GenAugmentWorkspace *workspace, GenAugmentFrame *frame);

/* Move the pixels of a mask, of 1 to 4 bytes each, as those of the picture have moved; each is the
 * nearest one, so that there are no other values than before. All but geometry leaves it as it is.
 */
GEN_API void gen_augment_render_mask (
    const GenAugmentPictureDraw *draw, GenAugmentWorkspace *workspace, GenPicture *mask);

/* The sounds at `location`, whatever datasetsrc would find there; they outlive the draws that they
 * are in. What is needed of them is decoded when it is, and kept as long as it is not too much. */
GEN_API GenAugmentSounds *gen_augment_sounds_open (const char *location, GError **error);
GEN_API void gen_augment_sounds_free (GenAugmentSounds *sounds);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenAugmentSounds, gen_augment_sounds_free)
/* Why one of them could not be decoded, which nobody was told yet; the window that has drawn it
 * stayed without. NULL: of none. (transfer full) */
GEN_API GError *gen_augment_sounds_take_error (GenAugmentSounds *sounds);

/* What happens to window `window`, whose rate, channels and length are those of `format`. */
GEN_API void gen_augment_draw_sound (const GenAugmentSettings *settings, guint64 window,
    const GenFormat *format, GenAugmentSoundDraw *draw);
/* TRUE when the draw leaves the sound as it is. */
GEN_API gboolean gen_augment_sound_is_idle (const GenAugmentSoundDraw *draw);
/* Do it, in place. `part` is the window, or what there is of it from its frame `first` on, and is
 * then changed as if the rest were not known: gain, polarity, crop and fade are what they are in
 * the whole, and so is noise but for its level, which follows the level of the part; what is
 * shifted in from outside of it is silent, and filters begin with it. */
GEN_API void gen_augment_render_sound (
    const GenAugmentSoundDraw *draw, GenSound *part, gsize first);

G_END_DECLS
