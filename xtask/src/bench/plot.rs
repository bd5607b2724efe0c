//! Curves of growth as pictures: both axes logarithmic, so that a slope is an order of growth.

use anyhow::{Result, anyhow};
use plotters::prelude::*;

use super::figures::{Figures, Point};

const SIZE: (u32, u32) = (720, 420);
const COLOURS: [RGBColor; 3] = [
    RGBColor(31, 119, 180),
    RGBColor(214, 39, 40),
    RGBColor(44, 160, 44),
];

/// An SVG of one curve, with a line for each thing that was measured.
pub(super) fn svg(figures: &Figures, curve: &str, kernel: &str) -> Result<String> {
    let points = figures.points.iter();
    let points: Vec<_> = points.filter(|point| point.curve == curve).collect();
    let mut text = String::new();
    draw(&points, curve, kernel, &mut text)
        .map_err(|error| anyhow!("cannot draw {curve}: {error}"))?;
    Ok(text)
}

fn draw(
    points: &[&Point],
    curve: &str,
    kernel: &str,
    text: &mut String,
) -> Result<(), Box<dyn std::error::Error>> {
    let canvas = SVGBackend::with_string(text, SIZE).into_drawing_area();
    canvas.fill(&WHITE)?;
    let last = points.iter().map(|point| point.x).max().unwrap_or(1);
    let most = points
        .iter()
        .map(|point| point.instructions)
        .fold(1.0, f64::max);
    let mut chart = ChartBuilder::on(&canvas)
        .caption(format!("{curve}, Linux {kernel}"), ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(72)
        .build_cartesian_2d(
            (1_f64..f64::from(last)).log_scale(),
            (10_f64..most * 2.0).log_scale(),
        )?;
    chart
        .configure_mesh()
        .x_desc(curve)
        .y_desc("instructions")
        .draw()?;
    let mut names: Vec<&str> = points.iter().map(|point| point.of.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    for (name, colour) in names.into_iter().zip(COLOURS) {
        let of_it = points.iter().filter(|point| point.of == name);
        let line: Vec<_> = of_it
            .map(|point| (f64::from(point.x), point.instructions.max(10.0)))
            .collect();
        chart
            .draw_series(LineSeries::new(line, &colour).point_size(3))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], colour));
    }
    chart
        .configure_series_labels()
        .background_style(WHITE)
        .border_style(BLACK)
        .draw()?;
    canvas.present()?;
    drop(chart);
    Ok(())
}
