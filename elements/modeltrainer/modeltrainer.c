/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * SECTION:element-modeltrainer
 * @title: modeltrainer
 * @short_description: trains models on the pictures or sounds that flow in
 *
 * Trains the nets of a #recipe on the pictures or sounds that flow in: those of a #preset, fresh,
 * or ONNX models, one property a net. A preset knows its recipe; #recipe is to be said where models
 * are given, or to take the recipe's first preset. What each recipe trains, reports and writes, and
 * which settings are its own, stands in docs/training.md and the pages that it lists.
 *
 * What comes out is a folder, #checkpoint, with a model for each net (`generator.onnx`,
 * `encoder.onnx` and so on), and what is needed to go on with `resume=true`. Data, the pads
 * `validation` and `test`, the preview on the src pad, checkpoints and messages are as those of
 * gantrainer, which is this element with `recipe=adversarial`; messages are named
 * `modeltrainer-progress`, `modeltrainer-validation`, `modeltrainer-test` and
 * `modeltrainer-comparison`, and have the figures that the recipe reports.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 videotestsrc pattern=ball num-buffers=640 ! \
 *   video/x-raw,format=GRAY8,width=28,height=28 ! \
 *   modeltrainer recipe=adversarial batch-size=64 checkpoint=ball
 * ]|
 * Ten steps on pictures of a ball.
 *
 * |[
 * gst-launch-1.0 datasetsrc location=pictures ! video/x-raw,format=GRAY8,width=28,height=28 ! \
 *   modeltrainer preset=vae latent-size=16 epochs=100 checkpoint=vae
 * ]|
 * A variational autoencoder.
 *
 * |[
 * gst-launch-1.0 latentsrc walk=slerp num-buffers=90 ! \
 *   generator model=vae/decoder.onnx ! videoconvert ! autovideosink
 * ]|
 * A walk among what its decoder makes.
 *
 * |[
 * gst-launch-1.0 datasetsrc location=digits.png tile-width=20 tile-height=20 fit=pad ! \
 *   video/x-raw,format=GRAY8,width=28,height=28 ! \
 *   modeltrainer preset=masked-autoencoder max-steps=1200 checkpoint=features
 * ]|
 * An encoder learns what digits look like, by filling in what is masked of them.
 * |[
 * gst-launch-1.0 datasetsrc location=digits.png tile-width=20 tile-height=20 rows-per-label=5 \
 *   fit=pad ! video/x-raw,format=GRAY8,width=28,height=28 ! \
 *   modeltrainer preset=classifier weights=features batch-size=25 max-steps=200 checkpoint=classes
 * ]|
 * A classifier of digits begins with what such an encoder has learned.
 * |[
 * gst-launch-1.0 datasetsrc location=digits.png tile-width=20 tile-height=20 fit=pad ! \
 *   video/x-raw,format=GRAY8,width=28,height=28 ! \
 *   modeltrainer preset=unet-diffusion width=16 batch-size=32 ema=0.995 max-steps=4500 \
 *     checkpoint=digits
 * ]|
 * A denoiser of digits; `generator model=digits/ema.onnx` makes digits of noise by it.
 * |[
 * gst-launch-1.0 datasetsrc location=pairs ! video/x-raw,format=RGB,width=128,height=64 ! \
 *   modeltrainer preset=pix2pix checkpoint=colours
 * ]|
 * Right halves of pictures, made of their left halves.
 */
#include "../elements.h"
#include "../trainer/properties.h"
#include "../trainer/trainer.h"

struct _GstModelTrainer {
  GstTrainer parent;
};

G_DECLARE_FINAL_TYPE (GstModelTrainer, gst_model_trainer, GST, MODEL_TRAINER, GstTrainer)
G_DEFINE_FINAL_TYPE (GstModelTrainer, gst_model_trainer, GST_TYPE_TRAINER)
GST_ELEMENT_REGISTER_DEFINE (
    modeltrainer, "modeltrainer", GST_RANK_NONE, gst_model_trainer_get_type ())

static GType
presets_type (void)
{
  static gsize type = 0;

  if (g_once_init_enter (&type))
    g_once_init_leave (&type, gst_trainer_presets_register ("GstModelTrainerPreset", NULL));
  return type;
}

static void
gst_model_trainer_class_init (GstModelTrainerClass *klass)
{
  gst_trainer_install (GST_TRAINER_CLASS (klass), NULL, presets_type ());
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass), "Model trainer",
      "Filter/Video/Audio/Training",
      "Trains the nets of a recipe on the pictures or sounds that flow in", "gst-generative");
}

static void
gst_model_trainer_init (GstModelTrainer *self)
{
}
