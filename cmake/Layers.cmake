# SPDX-License-Identifier: Apache-2.0
# A layer is one folder of core/ and one static library that links only what stands below it
# (ARCHITECTURE.md, "Layers"). The order of this list is the order of the layers, lowest first; a layer may
# name only earlier ones, and tests/check_layers.py holds the includes to the same rule.

set(SIGNALBOX_LAYERS base text manifest plan dispatch http chat telemetry proxy workspace)
set_property(GLOBAL PROPERTY signalbox_layers ${SIGNALBOX_LAYERS})

# signalbox_layer(NAME [LAYERS lower…] [PUBLIC libs…] [PRIVATE libs…])
function(signalbox_layer name)
    cmake_parse_arguments(arg "" "" "LAYERS;PUBLIC;PRIVATE" ${ARGN})
    list(FIND SIGNALBOX_LAYERS ${name} position)
    if(position EQUAL -1)
        message(FATAL_ERROR "core/${name} is not in SIGNALBOX_LAYERS")
    endif()
    foreach(lower IN LISTS arg_LAYERS)
        list(FIND SIGNALBOX_LAYERS ${lower} at)
        if(at EQUAL -1 OR NOT at LESS position)
            message(FATAL_ERROR "core/${name} may not use core/${lower}: it does not stand below it")
        endif()
        list(APPEND links signalbox_${lower})
    endforeach()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.cpp)
    file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${name}/*.h)
    if(sources)
        add_library(signalbox_${name} STATIC ${sources} ${headers})
        target_link_libraries(signalbox_${name} PUBLIC signalbox_options ${links} ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
        set_target_properties(signalbox_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    else()
        add_library(signalbox_${name} INTERFACE)
        target_link_libraries(signalbox_${name} INTERFACE signalbox_options ${links} ${arg_PUBLIC})
    endif()
endfunction()
