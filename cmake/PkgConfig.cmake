# Files for pkg-config: eigenvit.pc gives the compiled library where that is installed, else the
# headers, and eigenvit-headers.pc always the headers. Paths in them are relative to their own place,
# so that an installation can be moved.
set(eigenvit_pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(IS_ABSOLUTE ${CMAKE_INSTALL_LIBDIR})
  set(eigenvit_libdir ${CMAKE_INSTALL_LIBDIR})
else()
  set(eigenvit_libdir "\${prefix}/${CMAKE_INSTALL_LIBDIR}")
endif()
if(IS_ABSOLUTE ${CMAKE_INSTALL_INCLUDEDIR})
  set(eigenvit_includedir ${CMAKE_INSTALL_INCLUDEDIR})
else()
  set(eigenvit_includedir "\${prefix}/${CMAKE_INSTALL_INCLUDEDIR}")
endif()
file(RELATIVE_PATH eigenvit_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})

set(eigenvit_requires "eigen3 >= 3.4 nlohmann_json")
set(eigenvit_cflags "-I\${includedir} -pthread")
set(eigenvit_libs "-pthread")
if(Stb_INCLUDE_DIR)
  string(APPEND eigenvit_cflags " -I${Stb_INCLUDE_DIR}")
endif()
foreach(codec IN LISTS EIGENVIT_CODECS_ON)
  string(APPEND eigenvit_cflags " -DEIGENVIT_WITH_${codec}")
  string(APPEND eigenvit_requires " ${EIGENVIT_${codec}_PKG_CONFIG}")
endforeach()

set(eigenvit_name EigenViT)
configure_file(${CMAKE_CURRENT_LIST_DIR}/eigenvit.pc.in
               ${PROJECT_BINARY_DIR}/eigenvit-headers.pc @ONLY)
if(EIGENVIT_BUILD_COMPILED)
  string(APPEND eigenvit_cflags " -DEIGENVIT_COMPILED")
  string(PREPEND eigenvit_libs "-L\${libdir} -leigenvit ")
endif()
configure_file(${CMAKE_CURRENT_LIST_DIR}/eigenvit.pc.in ${PROJECT_BINARY_DIR}/eigenvit.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/eigenvit.pc ${PROJECT_BINARY_DIR}/eigenvit-headers.pc
        DESTINATION ${eigenvit_pc_dir})
