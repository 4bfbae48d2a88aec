// SPDX-License-Identifier: Apache-2.0
#include "core/manifest/input.h"

#include <filesystem>
#include <fstream>
#include <iostream>

namespace signalbox::manifest {

namespace {

base::Result<std::string> readStream(std::istream& stream, const std::string& path)
{
    constexpr std::size_t kBlock = 64 * 1024;
    std::string content;
    while (stream) {
        const std::size_t size = content.size();
        content.resize(size + kBlock);
        stream.read(content.data() + size, kBlock);
        content.resize(size + static_cast<std::size_t>(stream.gcount()));
        if (content.size() > kMaxInputBytes) {
            return base::Error{"file-too-large", "\"" + path + "\" is larger than 64 MiB, the most that is read."};
        }
    }
    if (stream.bad()) {
        return base::Error{"file-unreadable", "\"" + path + "\" could not be read to its end."};
    }
    return content;
}

} // namespace

base::Result<std::string> SystemFiles::read(const std::string& path)
{
    if (path == "-") {
        return readStream(std::cin, "standard input");
    }
    std::error_code error;
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) {
        return base::Error{"file-missing", "There is no file \"" + path + "\"."};
    }
    if (status.type() == std::filesystem::file_type::directory) {
        return base::Error{"file-unreadable", "\"" + path + "\" is a folder and not a file."};
    }
    std::ifstream stream(path, std::ios::binary);
    if (!stream) {
        return base::Error{"file-unreadable", "\"" + path + "\" cannot be opened for reading."};
    }
    return readStream(stream, path);
}

base::Result<std::vector<std::string>> SystemFiles::list(const std::string& path)
{
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
        return base::Error{"folder-missing", "There is no folder \"" + path + "\"."};
    }
    std::vector<std::string> names;
    std::filesystem::directory_iterator entry(path, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    if (error) {
        return base::Error{"folder-unreadable", "The folder \"" + path + "\" cannot be read: " + error.message() + "."};
    }
    return names;
}

} // namespace signalbox::manifest
