# SPDX-License-Identifier: Apache-2.0
# One INTERFACE target carries the language level, warnings and sanitizers of everything of ours.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()

set(SIGNALBOX_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize takes them (address,undefined or thread)")

add_library(signalbox_options INTERFACE)
target_include_directories(signalbox_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(signalbox_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    target_compile_options(signalbox_options INTERFACE -Wno-restrict) # "literal" + std::string: GCC bug 105651
endif()
if(SIGNALBOX_SANITIZE)
    target_compile_options(signalbox_options INTERFACE -fsanitize=${SIGNALBOX_SANITIZE} -fno-omit-frame-pointer)
    target_link_options(signalbox_options INTERFACE -fsanitize=${SIGNALBOX_SANITIZE})
    if(SIGNALBOX_SANITIZE MATCHES undefined)
        target_compile_options(signalbox_options INTERFACE -fno-sanitize-recover=undefined)
    endif()
    if(SIGNALBOX_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        target_compile_options(signalbox_options INTERFACE -Wno-tsan) # Asio's fences
    endif()
endif()
if(SIGNALBOX_FUZZ)
    if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        message(FATAL_ERROR "SIGNALBOX_FUZZ needs Clang: libFuzzer is part of it (cmake --preset fuzz)")
    endif()
    target_compile_options(signalbox_options INTERFACE -fsanitize=fuzzer-no-link) # coverage, which guides the fuzzer
endif()
