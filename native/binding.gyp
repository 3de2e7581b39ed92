{
  'includes': ['sources.gypi'],
  'target_defaults': {
    'include_dirs': ['.'],
    'cflags_cc': ['-O3', '<@(ravine_flags)'],
  },
  'targets': [
    {
      'target_name': 'ravine',
      'sources': ['<@(ravine_core)', '<@(ravine_binding)'],
      'include_dirs': ['<!(node -p "require(\'node-addon-api\').include_dir")'],
      'defines': ['NAPI_VERSION=8', 'NAPI_CPP_EXCEPTIONS', 'NODE_ADDON_API_CPP_EXCEPTIONS_ALL',
                  # A worker may be terminated in the middle of a call: what then cannot be thrown is dropped.
                  'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags_cc!': ['-fno-exceptions'],
      'dependencies': ['ravine_scalar'],
      'conditions': [
        ['target_arch=="x64"', {'dependencies': ['ravine_avx2', 'ravine_avx512']}],
        # The addon stays mapped once loaded: its threads may outlive the environment that started them. The C++ library comes
        # along, out of sight, so that neither an old system library nor the one inside of node is mixed with ours.
        ['OS=="linux"', {
          'ldflags': ['-Wl,-z,nodelete', '-static-libstdc++', '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections', '-pthread'],
          'libraries': ['-ldl'],
        }],
      ],
    },
    {'target_name': 'ravine_scalar', 'type': 'static_library', 'sources': ['<@(ravine_scalar)']},
  ],
  'conditions': [
    ['target_arch=="x64"', {
      'targets': [
        {
          'target_name': 'ravine_avx2',
          'type': 'static_library',
          'sources': ['<@(ravine_avx2)'],
          'cflags_cc': ['<@(ravine_avx2_flags)'],
        },
        {
          'target_name': 'ravine_avx512',
          'type': 'static_library',
          'sources': ['<@(ravine_avx512)'],
          'cflags_cc': ['<@(ravine_avx512_flags)'],
        },
      ],
    }],
  ],
}
