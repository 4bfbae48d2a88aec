// SPDX-License-Identifier: Apache-2.0
#include "app/signalboxctl/terminal.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace signalbox::app {
namespace {

bool colours()
{
    return ::isatty(STDERR_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr;
}

std::string_view colourOf(text::Severity severity)
{
    switch (severity) {
    case text::Severity::Error:
        return "\033[31m";
    case text::Severity::Warning:
        return "\033[33m";
    case text::Severity::Info:
        break;
    }
    return "\033[36m";
}

} // namespace

void say(std::string_view message)
{
    std::cerr << "signalboxctl: " << message << '\n';
}

void sayProblems(const text::Diagnostics& diagnostics, text::Severity level)
{
    for (const text::Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.severity > level) {
            continue;
        }
        if (colours()) {
            std::cerr << colourOf(diagnostic.severity) << text::toText(diagnostic) << "\033[0m\n";
        } else {
            std::cerr << text::toText(diagnostic) << '\n';
        }
    }
}

bool isOutputDiscarded()
{
    struct stat status {};
    return ::fstat(STDOUT_FILENO, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) == 1
        && minor(status.st_rdev) == 3;
}

bool writeOut(std::string_view text)
{
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

std::string examplesFolder()
{
    namespace fs = std::filesystem;
    std::error_code ignored;
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
    const fs::path installed = program.parent_path().parent_path() / "share" / "signalbox" / "examples";
    if (fs::is_directory(installed, ignored)) {
        return installed.string();
    }
    const fs::path source = program.parent_path().parent_path().parent_path().parent_path() / "resources" / "examples";
    return fs::is_directory(source, ignored) ? source.string() : installed.string();
}

} // namespace signalbox::app
