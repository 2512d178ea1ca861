//! Whisper from CTranslate2's file to whisper.cpp's.
//!
//! CTranslate2 keeps attention fused: `self_attention/linear_0` is query, key and value one below
//! the other (the key's bias is zero and does not exist in Whisper), `linear_1` the output; the
//! decoder's `attention/linear_0` is the query over the encoder, `linear_1` key and value,
//! `linear_2` the output. Here they come apart again and get the names of OpenAI's checkpoint.

use crate::ct2::{Ct2Error, Model};
use crate::ggml::{Dimensions, Kind, Writer};
use half::f16;

/// Converts a model; `progress` is told the share that is done, 0 to 1.
pub fn convert(
    model: &Model<'_>,
    sizes: &Dimensions,
    filters: &[f32],
    tokens: &[Vec<u8>],
    kind: Kind,
    mut progress: impl FnMut(f32),
) -> Result<Vec<u8>, Ct2Error> {
    let mut out = Converter {
        model,
        width: sizes.state,
        kind,
        writer: Writer::new(sizes, kind, filters, tokens),
    };
    let width = sizes.state;
    out.plain(
        "encoder.positional_embedding",
        "encoder/position_encodings/encodings",
        &[sizes.audio_context, width],
    )?;
    out.convolution("conv1", &[width, sizes.bands, 3])?;
    out.convolution("conv2", &[width, width, 3])?;
    for layer in 0..sizes.layers {
        let (from, to) = (format!("encoder/layer_{layer}"), format!("encoder.blocks.{layer}"));
        out.self_attention(&from, &to)?;
        out.feed_forward(&from, &to)?;
        progress((layer + 1) as f32 / (2 * sizes.layers + 1) as f32);
    }
    out.norm("encoder/layer_norm", "encoder.ln_post")?;
    out.plain(
        "decoder.positional_embedding",
        "decoder/position_encodings/encodings",
        &[sizes.text_context, width],
    )?;
    out.matrix(
        "decoder/embeddings/weight",
        "decoder.token_embedding.weight",
        &[sizes.vocabulary, width],
    )?;
    for layer in 0..sizes.layers {
        let (from, to) = (format!("decoder/layer_{layer}"), format!("decoder.blocks.{layer}"));
        out.self_attention(&from, &to)?;
        out.cross_attention(&from, &to)?;
        out.feed_forward(&from, &to)?;
        progress((sizes.layers + layer + 2) as f32 / (2 * sizes.layers + 1) as f32);
    }
    out.norm("decoder/layer_norm", "decoder.ln")?;
    Ok(out.writer.finish())
}

struct Converter<'a, 'b> {
    model: &'b Model<'a>,
    width: usize,
    kind: Kind,
    writer: Writer,
}

impl Converter<'_, '_> {
    fn elements(&self, name: &str, shape: &[usize]) -> Result<Vec<f16>, Ct2Error> {
        let octets = self.model.f16(name, shape)?;
        Ok(octets.as_chunks::<2>().0.iter().map(|pair| f16::from_le_bytes(*pair)).collect())
    }

    fn matrix(&mut self, from: &str, to: &str, shape: &[usize]) -> Result<(), Ct2Error> {
        let elements = self.elements(from, shape)?;
        self.writer.tensor(to, shape, self.kind, &elements);
        Ok(())
    }

    /// A tensor that is not quantised.
    fn plain(&mut self, to: &str, from: &str, shape: &[usize]) -> Result<(), Ct2Error> {
        let elements = self.elements(from, shape)?;
        self.writer.tensor(to, shape, Kind::F32, &elements);
        Ok(())
    }

    fn convolution(&mut self, name: &str, shape: &[usize]) -> Result<(), Ct2Error> {
        let weight = self.elements(&format!("encoder/{name}/weight"), shape)?;
        self.writer.tensor(&format!("encoder.{name}.weight"), shape, Kind::F16, &weight);
        let bias = self.elements(&format!("encoder/{name}/bias"), &shape[..1])?;
        // whisper.cpp wants the bias as a column, to add it to each position.
        self.writer.tensor(&format!("encoder.{name}.bias"), &[shape[0], 1], Kind::F32, &bias);
        Ok(())
    }

    fn norm(&mut self, from: &str, to: &str) -> Result<(), Ct2Error> {
        let width = [self.width];
        self.plain(&format!("{to}.weight"), &format!("{from}/gamma"), &width)?;
        self.plain(&format!("{to}.bias"), &format!("{from}/beta"), &width)
    }

    /// Cuts a fused layer into `parts`, each a name and whether it has a bias.
    fn linear(&mut self, from: &str, parts: &[(String, bool)]) -> Result<(), Ct2Error> {
        let width = self.width;
        let rows = width * parts.len();
        let weight = self.elements(&format!("{from}/weight"), &[rows, width])?;
        let bias = self.elements(&format!("{from}/bias"), &[rows])?;
        let weights = weight.chunks_exact(width * width);
        for (((to, has_bias), weight), bias) in
            parts.iter().zip(weights).zip(bias.chunks_exact(width))
        {
            self.writer.tensor(&format!("{to}.weight"), &[width, width], self.kind, weight);
            if *has_bias {
                self.writer.tensor(&format!("{to}.bias"), &[width], Kind::F32, bias);
            }
        }
        Ok(())
    }

    fn self_attention(&mut self, from: &str, to: &str) -> Result<(), Ct2Error> {
        self.norm(&format!("{from}/self_attention/layer_norm"), &format!("{to}.attn_ln"))?;
        self.linear(
            &format!("{from}/self_attention/linear_0"),
            &[
                (format!("{to}.attn.query"), true),
                (format!("{to}.attn.key"), false),
                (format!("{to}.attn.value"), true),
            ],
        )?;
        self.linear(&format!("{from}/self_attention/linear_1"), &[(format!("{to}.attn.out"), true)])
    }

    fn cross_attention(&mut self, from: &str, to: &str) -> Result<(), Ct2Error> {
        self.norm(&format!("{from}/attention/layer_norm"), &format!("{to}.cross_attn_ln"))?;
        let part = |name: &str, has_bias| (format!("{to}.cross_attn.{name}"), has_bias);
        self.linear(&format!("{from}/attention/linear_0"), &[part("query", true)])?;
        self.linear(
            &format!("{from}/attention/linear_1"),
            &[part("key", false), part("value", true)],
        )?;
        self.linear(&format!("{from}/attention/linear_2"), &[part("out", true)])
    }

    fn feed_forward(&mut self, from: &str, to: &str) -> Result<(), Ct2Error> {
        self.norm(&format!("{from}/ffn/layer_norm"), &format!("{to}.mlp_ln"))?;
        let (width, inner) = (self.width, 4 * self.width);
        for (linear, mlp, shape) in
            [("linear_0", "mlp.0", [inner, width]), ("linear_1", "mlp.2", [width, inner])]
        {
            let (from, to) = (format!("{from}/ffn/{linear}"), format!("{to}.{mlp}"));
            self.matrix(&format!("{from}/weight"), &format!("{to}.weight"), &shape)?;
            self.plain(&format!("{to}.bias"), &format!("{from}/bias"), &shape[..1])?;
        }
        Ok(())
    }
}
