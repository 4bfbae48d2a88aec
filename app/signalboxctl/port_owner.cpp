// SPDX-License-Identifier: Apache-2.0
#include "app/signalboxctl/port_owner.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace signalbox::app {
namespace {

namespace fs = std::filesystem;

/// Inodes of the sockets that listen on `port` (/proc/net/tcp: local address in column 1, state 0A, inode in column 9).
std::vector<std::string> listeningInodes(std::uint16_t port)
{
    std::vector<std::string> inodes;
    for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream file(table);
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            std::istringstream words(line);
            std::vector<std::string> columns;
            for (std::string word; words >> word;) {
                columns.push_back(word);
            }
            if (columns.size() < 10 || columns[3] != "0A") {
                continue;
            }
            const std::size_t colon = columns[1].rfind(':');
            if (std::stoul(columns[1].substr(colon + 1), nullptr, 16) == port) {
                inodes.push_back("socket:[" + columns[9] + "]");
            }
        }
    }
    return inodes;
}

bool holds(const fs::path& process, const std::vector<std::string>& inodes)
{
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(process / "fd", error)) {
        const std::string target = fs::read_symlink(entry.path(), error).string();
        if (!error && std::find(inodes.begin(), inodes.end(), target) != inodes.end()) {
            return true;
        }
    }
    return false;
}

} // namespace

std::string portOwner(std::uint16_t port)
{
    const auto inodes = listeningInodes(port);
    if (inodes.empty()) {
        return {};
    }
    std::error_code error;
    for (const auto& entry : fs::directory_iterator("/proc", error)) {
        const std::string id = entry.path().filename().string();
        if (id.find_first_not_of("0123456789") != std::string::npos || !holds(entry.path(), inodes)) {
            continue;
        }
        std::ifstream name(entry.path() / "comm");
        std::string command;
        std::getline(name, command);
        return command + ", process " + id;
    }
    return {};
}

} // namespace signalbox::app
