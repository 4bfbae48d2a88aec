// SPDX-License-Identifier: Apache-2.0

// Stands in for libFuzzer where the compiler has none: gives the target every file named, and every file of
// every folder named, in the order of their names. Corpora are so regression tests of every build.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::vector<fs::path> inputsOf(const fs::path& path)
{
    if (!fs::is_directory(path)) {
        return {path};
    }
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

void replay(const std::string& bytes)
{
    // A buffer of exactly this size, so that the sanitizer sees a read past its end.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    LLVMFuzzerTestOneInput(exact.data(), exact.size());
}

int replayAll(int count, char** arguments)
{
    std::size_t replayed = 0;
    replay({});
    for (int i = 1; i < count; ++i) {
        for (const fs::path& file : inputsOf(arguments[i])) {
            std::ifstream stream(file, std::ios::binary);
            if (!stream) {
                std::cerr << file.string() << ": cannot be read\n";
                return 1;
            }
            std::cout << file.filename().string() << std::endl; // flushed: after a crash it names the input
            replay(std::string(std::istreambuf_iterator<char>(stream), {}));
            ++replayed;
        }
    }
    std::cout << replayed << " inputs replayed\n";
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return replayAll(argc, argv);
    } catch (const std::exception& problem) {
        std::cerr << problem.what() << '\n';
        return 1;
    }
}
