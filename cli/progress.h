#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "cli/terminal.h"
#include "engine/measure/runner.h"

/// What the user sees on stderr while a run goes on.
namespace assay::cli {

/// "[ 7/42] storage.random_read depth 32  12.4 kop/s ±1.8 %  ETA 4:12  load ok", at most
/// style.columns wide.
std::string progress_line(const measure::Progress& progress, const report::TextStyle& style);

/// Decides which states become lines where no line can be redrawn (a log file, a pipe): each change
/// of phase or of the probe that prepares, and rounds at most every 5 s. Time is the run's own.
class PlainPace {
  public:
    bool is_due(const measure::Progress& progress);

  private:
    std::optional<measure::Progress::Phase> phase_;
    std::string probe_;
    double last_line_s_ = 0;
};

/// The live line, redrawn at most ten times a second; plain lines where stderr is no terminal;
/// nothing where the user asked for quiet. show() is called from one thread; clear() from any.
class ProgressView {
  public:
    explicit ProgressView(const Terminal& terminal) : terminal_(terminal) {}

    void show(const measure::Progress& progress);
    /// Wipes the live line, if there is one, so that the next output begins on a clean line.
    void clear();

  private:
    void redraw(const measure::Progress& progress);

    Terminal terminal_;
    PlainPace plain_;
    std::optional<measure::Progress::Phase> drawn_phase_;
    double drawn_s_ = 0;
    std::atomic<bool> is_drawn_ = false;
};

}  // namespace assay::cli
