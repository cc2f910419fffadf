from rest_framework.routers import SimpleRouter

from hospitals import api, api_absences, api_rota

router = SimpleRouter()
router.register("hospitals", api.HospitalViewSet)
router.register("people", api.PersonViewSet)
router.register("reading-privileges", api.ReadingPrivilegeViewSet)
router.register("shifts", api_rota.ShiftViewSet)
router.register("shift-templates", api_rota.ShiftTemplateViewSet)
router.register("holidays", api_rota.HolidayViewSet)
router.register("time-off", api_absences.TimeOffViewSet)
router.register("shift-swaps", api_absences.ShiftSwapViewSet)

urlpatterns = router.urls
