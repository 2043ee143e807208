// Plots as SVG text: bars, lines and heat maps over the hours of a market.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace karst::tool {

/// Values along the hours, one per column.
struct PlotSeries {
  std::string name;
  std::string colour;
  std::vector<double> values;
};

/// What all plots share. Columns stand for `hours_per_column` hours each, the first beginning at
/// hour 1.
struct PlotFrame {
  std::string title;  ///< for those who cannot see it
  std::string unit;   ///< beside the axis
  double width = 1'000;
  double height = 260;
  std::uint32_t hours_per_column = 1;
  double top = 0;     ///< the axis ends here at least
};

/// Bars, one series upon the other; `line` (may be without values) is drawn over them.
[[nodiscard]] std::string stacked_bars(const PlotFrame& frame,
                                       const std::vector<PlotSeries>& series,
                                       const PlotSeries& line);

/// A line within its band from `low` to `high`, and a level. Columns where the line is 0 are gaps.
[[nodiscard]] std::string band_line(const PlotFrame& frame, const PlotSeries& line,
                                    const std::vector<double>& low,
                                    const std::vector<double>& high, double level);

/// Rows of cells from 0 (pale) to 1 (dark).
[[nodiscard]] std::string heat_map(const PlotFrame& frame, const std::vector<PlotSeries>& rows);

/// Horizontal bars on a logarithmic axis from 1 to the greatest value. Unit: as `frame.unit`
[[nodiscard]] std::string log_bars(const PlotFrame& frame, const PlotSeries& bars,
                                   const std::vector<std::string>& names);

/// Coloured dots with the names of the series.
[[nodiscard]] std::string legend(const std::vector<PlotSeries>& series);

/// A text for HTML.
[[nodiscard]] std::string escaped(const std::string& text);
/// "1.2 M", "34.5 k", "7".
[[nodiscard]] std::string short_number(double value);

}  // namespace karst::tool
