#pragma once

#include "cli/commands.h"

/// The two functions of each row of the command table; each pair has a file of its own.
namespace assay::cli {

Expected<Syntax> run_syntax(std::span<const std::string> words);
Expected<ExitStatus> run_command(const Arguments& arguments, Session& session);

Expected<Syntax> probe_syntax(std::span<const std::string> words);
Expected<ExitStatus> probe_command(const Arguments& arguments, Session& session);

Expected<Syntax> plan_syntax(std::span<const std::string> words);
Expected<ExitStatus> plan_command(const Arguments& arguments, Session& session);

Expected<Syntax> doctor_syntax(std::span<const std::string> words);
Expected<ExitStatus> doctor_command(const Arguments& arguments, Session& session);

Expected<Syntax> list_syntax(std::span<const std::string> words);
Expected<ExitStatus> list_command(const Arguments& arguments, Session& session);

Expected<Syntax> compare_syntax(std::span<const std::string> words);
Expected<ExitStatus> compare_command(const Arguments& arguments, Session& session);

Expected<Syntax> check_syntax(std::span<const std::string> words);
Expected<ExitStatus> check_command(const Arguments& arguments, Session& session);

Expected<Syntax> report_syntax(std::span<const std::string> words);
Expected<ExitStatus> report_command(const Arguments& arguments, Session& session);

Expected<Syntax> agent_syntax(std::span<const std::string> words);
Expected<ExitStatus> agent_command(const Arguments& arguments, Session& session);

Expected<Syntax> keygen_syntax(std::span<const std::string> words);
Expected<ExitStatus> keygen_command(const Arguments& arguments, Session& session);

Expected<Syntax> predict_syntax(std::span<const std::string> words);
Expected<ExitStatus> predict_command(const Arguments& arguments, Session& session);

Expected<Syntax> capacity_syntax(std::span<const std::string> words);
Expected<ExitStatus> capacity_command(const Arguments& arguments, Session& session);

Expected<Syntax> explain_syntax(std::span<const std::string> words);
Expected<ExitStatus> explain_command(const Arguments& arguments, Session& session);

Expected<Syntax> version_syntax(std::span<const std::string> words);
Expected<ExitStatus> version_command(const Arguments& arguments, Session& session);

}  // namespace assay::cli
